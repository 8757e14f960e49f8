// What has come to its end, so that its pages can be looked at: each gives the path below the language.
import { become, follow, visit } from "./console.mjs";

const CASE = "VVT-2026-000123";
const press = (page, name) => follow(page, page.getByRole("button", { name, exact: true }));
const here = page => new URL(page.url()).pathname.replace(/^\/nl/, "");

// One officer prepares the report of a request, and another one approves it: there is a letter.
export async function requestWithLetter(page) {
  await visit(page, `/nl/inzage?zaak=${CASE}`);
  await page.locator("main .radio", { hasText: "18 of ouder" }).first().locator("input").check();
  await press(page, "Verzoek openen");
  const path = here(page);
  await visit(page, `/nl${path}/rapport`);
  await press(page, "Rapport klaarzetten");
  await become(page, "fg-sp-02");
  await visit(page, `/nl${path}/rapport`);
  await press(page, "Rapport goedkeuren");
  await become(page, "fg-sp-01");
  return path;
}

// The scope of a breach is reported, the authority notified, and the breach closed.
export async function closedBreach(page) {
  await visit(page, "/nl/datalek");
  const rows = page.locator("main tbody td.t a");
  for (const path of await rows.evaluateAll(links => links.map(link => link.getAttribute("href")))) {
    await visit(page, path);
    if (await page.getByRole("button", { name: "Omvang vaststellen" }).count() > 0) break;
  }
  await press(page, "Omvang vaststellen");
  await page.locator("input[name=melding]").first().check();
  await page.locator("#reden").fill("De sleutel was een dag weg.");
  await press(page, "Vastleggen");
  await press(page, "Datalek sluiten");
  return here(page);
}

// Somebody explained what a rule found.
export async function closedSignal(page) {
  await visit(page, "/nl/signalen");
  await visit(page, await page.locator("main tbody td a").last().getAttribute("href"));
  await page.locator("#einde-verklaard").check();
  await page.locator("#gronden").fill("Zij viel in voor een zieke collega.");
  await press(page, "Besluit vastleggen");
  return here(page);
}
