//! Family names as far as two of them are the same, whoever wrote them down: without case, without the small
//! words before them (tussenvoegsels), and each half of a double name by itself.

/// Small words that stand before a family name, or within it, and do not tell whose it is. What stands
/// behind an apostrophe or before it is a word of its own: `'t`, `d'`.
const PARTICLES: [&str; 39] = [
    "a", "aan", "af", "al", "am", "auf", "bij", "d", "da", "dal", "de", "del", "den", "der", "di",
    "do", "dos", "du", "el", "het", "in", "la", "las", "le", "les", "los", "op", "over", "s", "t",
    "te", "ten", "ter", "tot", "uit", "van", "von", "voor", "zu",
];

/// The parts of a family name by which it is compared. Takes it in lower case. A name that is made of
/// small words only (`Te`) is compared as it is.
pub fn parts(lower: &str) -> Vec<String> {
    let is_hyphen = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '/');
    let halves: Vec<Vec<&str>> = lower.split(is_hyphen).map(words).collect();
    let bare = halves.iter().map(|half| {
        let telling = half.iter().filter(|word| !PARTICLES.contains(word)).copied();
        joined(telling)
    });
    let bare: Vec<String> = bare.filter(|name| !name.is_empty()).collect();
    if !bare.is_empty() {
        return bare;
    }
    halves
        .into_iter()
        .map(|half| joined(half.into_iter()))
        .filter(|name| !name.is_empty())
        .collect()
}

fn words(half: &str) -> Vec<&str> {
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '`' | ',' | '.')
    };
    half.split(ends).filter(|word| !word.is_empty()).collect()
}

/// One letter may be written as two.
fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut name = String::new();
    for word in words {
        if !name.is_empty() {
            name.push(' ');
        }
        for letter in word.chars() {
            match letter {
                '\u{133}' => name.push_str("ij"),
                other => name.push(other),
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let (one, other) = (parts(&one.to_lowercase()), parts(&other.to_lowercase()));
        one.iter().any(|part| other.contains(part))
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("de Vries", "Vries, de"),
            ("DE VRIES", "de vries"),
            ("Van der Berg", "van den Berg"),
            ("van 't Hof", "Hof"),
            ("van ’t Hof", "Van 't hof"),
            ("'s-Gravesande", "Gravesande"),
            ("ter Braak", "Braak"),
            ("te Velde", "ten Velde"),
            ("Jansen-de Vries", "de Vries"),
            ("Jansen-de Vries", "Jansen"),
            ("Bakker–Smit", "smit"),
            ("Jansen van Galen", "jansen  van  galen"),
            ("El Amrani", "Amrani"),
            ("Ĳsbrand", "IJsbrand"),
            ("Éluard", "éluard"),
            ("ÖZTÜRK", "Öztürk"),
            ("Te", "te"),
            ("d'Ancona", "Ancona"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn names_that_only_look_alike_are_others() {
        for (one, other) in [
            ("de Vries", "de Boer"),
            ("van der Berg", "van der Bergh"),
            ("Jansen van Galen", "Jansen"),
            ("Jansen", "Janssen"),
            ("Te", "ter"),
            ("Ben Ali", "Ali"),
            ("", "de Vries"),
            ("-", "-"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
