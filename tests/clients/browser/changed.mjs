// Somebody changed an entry in the database itself: its page says so before anything is pressed, and
// so does the browser when it checks.
//
// Arguments: the origin, the file with the session, and the index of the entry.
import { LANGUAGES, check, launch, open, picture, visit, without } from "./console.mjs";

const [origin, session, index] = process.argv.slice(2);

const browser = await launch();
try {
  const { page, faults } = await open(browser, origin, { storageState: session });
  await page.goto(`${origin}/nl/`);
  for (const language of LANGUAGES) {
    await visit(page, `/${language}/verstrekkingen/${index}`);
    check(await page.locator("[role=alert].panel--bad").isVisible(), "the page shows no alarm");
    check(await page.locator("#verify-state.is-bad").isVisible(), "the gateway's own check passes");
    await page.locator("#verify-state").evaluate(state => { state.className = "proof__state"; });
    await page.locator("#verify").click();
    await page.locator("#verify-state.is-bad").waitFor();
    await picture(page, `${language}-disclosure-changed-in-the-database`);
  }
  without(faults);
} finally {
  await browser.close();
}
