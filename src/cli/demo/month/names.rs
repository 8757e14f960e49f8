//! Where the month's invented people get their names, streets and places.

/// Family names. Nobody is meant.
pub(super) const FAMILIES: [&str; 36] = [
    "Voorbeelda",
    "Testerink",
    "Proefstra",
    "Van Toetsen",
    "Modelaar",
    "Fictema",
    "De Verzonne",
    "Schijnbaar",
    "Nepstra",
    "Van Demo",
    "Oefening",
    "Probeersma",
    "El Voorbeeld",
    "Denkbeeld",
    "Stelling",
    "Van Zogenaamd",
    "Bedachtzaam",
    "Monsterman",
    "Testoğlu",
    "Proefkamp",
    "Toonbeeld",
    "Uitgevonden",
    "Van der Proef",
    "Schets",
    "Verzinsel",
    "Maquette",
    "De Toets",
    "Voorstel",
    "Simulaar",
    "Kladder",
    "Van Schema",
    "Ontwerp",
    "Fictief-de Vries",
    "Mockers",
    "Van Staal",
    "Conceptua",
];

/// Given names of mothers, fathers and children.
pub(super) const MOTHERS: [&str; 12] = [
    "Amina", "Bregje", "Carmen", "Dewi", "Esra", "Femke", "Grażyna", "Hanneke", "Ilse", "Joyce",
    "Kim", "Latifa",
];
pub(super) const FATHERS: [&str; 12] = [
    "Arjen", "Bilal", "Cor", "Dirk", "Emre", "Frank", "Giovanni", "Henk", "Ivo", "Jeroen", "Karim",
    "Lars",
];
pub(super) const CHILDREN: [&str; 16] = [
    "Anouk", "Bram", "Charlie", "Daan", "Elin", "Fenna", "Guus", "Hugo", "Isa", "Jip", "Kiki",
    "Liam", "Mees", "Nina", "Omar", "Puk",
];

/// Streets that no town has.
pub(super) const STREETS: [&str; 10] = [
    "Proeflaan",
    "Testweg",
    "Modelhof",
    "Toetsplein",
    "Schetspad",
    "Demokade",
    "Fictiestraat",
    "Maquettedijk",
    "Oefenplantsoen",
    "Verzinselsteeg",
];

/// Municipalities of the region: CBS code, name, the postcode's digits, and how many of a hundred
/// referrals are about a household there.
pub(super) const PLACES: [(&str, &str, &str, u64); 9] = [
    ("0518", "'s-Gravenhage", "2500", 46),
    ("0637", "Zoetermeer", "2700", 13),
    ("0503", "Delft", "2600", 11),
    ("1783", "Naaldwijk", "2670", 9),
    ("1916", "Leidschendam", "2260", 7),
    ("0603", "Rijswijk", "2280", 5),
    ("1926", "Pijnacker", "2640", 4),
    ("0629", "Wassenaar", "2240", 3),
    ("1842", "Schipluiden", "2630", 2),
];

/// What the police write, without a name.
pub(super) const FACTS: [&str; 6] = [
    "Ruzie tussen partners na drankgebruik; over en weer geduwd.",
    "Melding van buren: hard geschreeuw, een deur ingetrapt. Partijen gescheiden.",
    "Dreigende berichten van de ex-partner, die voor de woning stond.",
    "Slachtoffer met blauwe plek op de arm; verklaart dat het vaker gebeurt.",
    "Conflict over de omgang met de kinderen liep uit op slaan.",
    "Partner controleert telefoon en geld; slachtoffer durft niet alleen naar huis.",
];
