// The questions that an officer is asked, each answered within three clicks from the overview; a request that
// two officers answer, within three of each. What is typed and chosen in a form is no click; every link and
// button is one.
//
// Arguments: the origin, and the file with the session.
import { become, check, launch, open, picture, visit, without } from "./console.mjs";

const CLICKS = 3;
const [origin, session] = process.argv.slice(2);

// From the overview, pressing one thing after the other.
async function within(page, steps) {
  await visit(page, "/nl/");
  check(steps.length <= CLICKS, `${steps.length} clicks`);
  for (const step of steps) {
    const pressed = await step(page);
    await Promise.all([page.waitForNavigation(), pressed.click()]);
  }
  return page.locator("main").innerText();
}

function holds(answer, words) {
  for (const word of words) check(answer.includes(word), `"${word}" is not in:\n${answer}`);
}

// The rows of a list, without the days that head them and the tables behind the charts.
const rowsOf = page => page.locator("main table.list tbody tr:not(.day)");
const waiting = words => page => page.locator("main .tiles li", { hasText: words }).locator("a").first();
const tile = href => page => page.locator(`main a.big[href="${href}"]`);
const menu = href => page => page.locator(`nav.side a[href="${href}"]`);
const button = name => page => page.getByRole("button", { name, exact: true });

// Who saw the daughter's file in June, and why? Known are the case, the month and how old she is.
const DAUGHTER = "16 of 17 jaar";
async function whoSawHerFile(page) {
  const answer = await within(page, [
    async page => {
      await page.locator("#zaak").fill("VVT-2026-000123");
      await page.locator("#van").fill("2026-06-01");
      await page.locator("#tot").fill("2026-06-30");
      return page.locator("main form[role=search] button");
    },
    page => rowsOf(page).filter({ hasText: "Samenvatting verstrekt" }).filter({ hasText: DAUGHTER })
      .first().locator("a").first(),
    page => page.getByRole("link", { name: "Alles over deze persoon" }),
  ]);
  holds(answer, ["Gekozen:", "persoon van regel"]);
  const rows = await rowsOf(page).allInnerTexts();
  check(rows.length > 0 && rows.every(row => row.includes(DAUGHTER)), `not only hers:\n${rows.join("\n")}`);
  // Who, to whom, why.
  const given = rows.filter(row => row.includes("Samenvatting verstrekt"));
  for (const row of given) holds(row, ["Steunpunt", "→", "Toestemming"]);
  check(given.some(row => /GGZ|ggz/.test(row)), `nobody saw it:\n${rows.join("\n")}`);
  const address = new URL(page.url()).searchParams;
  check(/^\d+$/.test(address.get("betrokkene")), "a person is named by an entry only");
  check(address.get("van") === "2026-06-01" && address.get("tot") === "2026-06-30", "June is lost");
}

// Was Sunday night's break-glass right?
async function wasItRight(page) {
  const answer = await within(page, [
    tile("/nl/noodtoegang"),
    page => page.locator("main tbody tr", { hasText: "ggz-0311" }).locator("a"),
  ]);
  holds(answer, ["zondag", "23:41", "Wat dreigt er", "Wat is eerst geprobeerd", "Beoordelaars"]);
}

// Which people did the lost certificate touch? Known are whose it is and since when.
async function whomItTouched(page) {
  const answer = await within(page, [
    menu("/nl/datalek"),
    async page => {
      await page.getByRole("radio", { name: "Certificaat van een organisatie" }).check();
      await page.locator("#organisatie").selectOption({ label: "Steunpunt Huiselijk Geweld Voorbeeld" });
      const known = page.locator("#certificaten option[label^='Steunpunt']").first();
      await page.locator("#certificaat").fill(await known.getAttribute("value"));
      await page.locator("#van").fill("2026-06-01T00:00");
      await page.locator("#wat").fill("Een laptop met de sleutel is gestolen.");
      return button("Datalek openen")(page);
    },
  ]);
  holds(answer, ["mensen", "van wie jonger dan 18", "regels in het logboek", "uur om te melden"]);
  const people = Number(await page.locator("section[aria-labelledby=h-people] .big").innerText());
  check(people > 0, "the certificate touched nobody");
}

// Answer the daughter's request (in the month it is she who asks in this case): one officer gets the report
// ready, another one approves it and reads the letter, and the request is closed as answered.
async function answerHerRequest(page) {
  const [CASE, ENDING] = ["VVT-2026-000701", "Beantwoord: het rapport is gegeven"];
  const ready = await within(page, [
    waiting(CASE),
    page => page.getByRole("link", { name: "Rapport voorbereiden" }),
    button("Rapport klaarzetten"),
  ]);
  holds(ready, ["Voorbereid door", "fg-sp-01", "Wacht op een tweede functionaris"]);
  const path = new URL(page.url()).pathname;
  check(await page.locator(`a[href="${path}/brief"]`).count() === 0, "a letter before the approval");

  await become(page, "fg-sp-02", "Inzageverzoek");
  const approved = await within(page, [
    page => page.locator(`main .tiles a[href="${path}"]`),
    page => page.getByRole("link", { name: "Lezen en goedkeuren" }),
    button("Rapport goedkeuren"),
  ]);
  const letter = approved;
  check(new URL(page.url()).pathname === `${path}/brief`, "there is no letter");
  holds(letter, ["Geachte heer of mevrouw", "Wat is gedeeld"]);
  check(!/\b(sp|amw|ggz|mee|jz|vo|pol)-\d{4}\b/.test(letter), "an employee stands in the letter");
  await picture(page, "nl-inzage-brief");
  const closed = await within(page, [
    menu("/nl/inzage"),
    page => rowsOf(page).filter({ hasText: CASE }).locator("a").first(),
    async page => {
      await page.getByRole("radio", { name: ENDING }).check();
      return button("Verzoek sluiten")(page);
    },
  ]);
  holds(closed, [ENDING]);
  check(await button("Verzoek sluiten")(page).count() === 0, "it is not closed");
}

const browser = await launch();
try {
  const { page, faults } = await open(browser, origin, { storageState: session });
  await page.goto(`${origin}/nl/`);
  await become(page, "fg-sp-01");
  await whoSawHerFile(page);
  await wasItRight(page);
  await whomItTouched(page);
  await answerHerRequest(page);
  without(faults);
} finally {
  await browser.close();
}
