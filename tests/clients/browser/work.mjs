// What officers do with what they see: two of them judge an emergency without knowing each other's
// verdict, and the result of a search is taken away in each format.
//
// Arguments: the origin, the file with the session, and a directory for what is downloaded. Prints how
// many entries the search found, then the names of the files.
import { join } from "node:path";
import { become, check, follow, launch, open, picture, visit, without } from "./console.mjs";

const [origin, session, directory] = process.argv.slice(2);
const VERDICTS = [
  ["fg-sp-01", "Terecht", "Zij stond op straat."],
  ["fg-sp-02", "Terecht", "Een bed kon niet wachten."],
];

// The row of the queue that needs two verdicts and has none.
const untouched = page => page.locator("tbody tr", { hasText: "0 van 2" });

async function judge(page, [officer, verdict, why]) {
  const others = VERDICTS.map(([, , words]) => words).filter(words => words !== why);
  const text = await page.locator("main").innerText();
  check(!others.some(words => text.includes(words)), `${officer} reads what another one found`);
  await page.getByRole("radio", { name: verdict, exact: false }).first().check();
  await page.locator("#motivering").fill(why);
  await follow(page, page.getByRole("button", { name: "Oordeel vastleggen" }));
  check((await page.locator("main").innerText()).includes(why), `${officer}'s verdict is not there`);
}

async function review(page) {
  await visit(page, "/nl/noodtoegang");
  const path = await untouched(page).first().locator("a").getAttribute("href");
  for (const verdict of VERDICTS) {
    await become(page, verdict[0]);
    await visit(page, path);
    await judge(page, verdict);
  }
  const text = await page.locator("main").innerText();
  check(VERDICTS.every(([, , why]) => text.includes(why)), "both verdicts are to be read now");
  await picture(page, "nl-noodtoegang-beoordeeld");
  await visit(page, "/nl/noodtoegang?staat=gereed");
  check(await page.locator(`a[href="${path}"]`).count() > 0, "the review is not closed");
}

async function download(page) {
  await visit(page, "/nl/verstrekkingen");
  const found = Number((await page.locator(".lead b").first().innerText()).replace(/\D/g, ""));
  console.log(found);
  await page.locator("details.menu summary").click();
  const links = page.locator("details.menu a[download]");
  for (let at = 0; at < await links.count(); at += 1) {
    const [taken] = await Promise.all([page.waitForEvent("download"), links.nth(at).click()]);
    await taken.saveAs(join(directory, taken.suggestedFilename()));
    console.log(taken.suggestedFilename());
  }
}

const browser = await launch();
try {
  const { page, faults } = await open(browser, origin, { storageState: session });
  await page.goto(`${origin}/nl/`);
  await review(page);
  await download(page);
  without(faults);
} finally {
  await browser.close();
}
