// Somebody changed an entry in the database itself, or the row beside it: its page says so before
// anything is pressed, and so does the browser when it checks.
//
// Arguments: the origin, the file with the session, the index of the entry, and what was changed: "entry"
// or "row".
import {
  AXE, LANGUAGES, bringAxe, check, inaccessible, launch, open, picture, visit, without,
} from "./console.mjs";

const [origin, session, index, what] = process.argv.slice(2);

// What the page says of it, whoever reads.
async function isAccessible(browser) {
  const { context, page, faults } = await open(browser, origin, { ...AXE, storageState: session });
  await bringAxe(context);
  await page.goto(`${origin}/nl/`);
  const violations = [];
  for (const language of LANGUAGES) {
    await visit(page, `/${language}/verstrekkingen/${index}`);
    check(await page.locator("[role=alert].panel--bad").count() > 0, "the page shows no alarm");
    violations.push(...await inaccessible(page));
  }
  check(violations.length === 0, violations.join("\n"));
  without(faults);
}

const browser = await launch();
try {
  const { page, faults } = await open(browser, origin, { storageState: session });
  await page.goto(`${origin}/nl/`);
  for (const language of LANGUAGES) {
    await visit(page, `/${language}/verstrekkingen/${index}`);
    check(await page.locator("[role=alert].panel--bad:not(.banner)").isVisible(), "the page shows no alarm");
    check(await page.locator("#verify-state.is-bad").isVisible(), "the gateway's own check passes");
    await page.locator("#verify-state").evaluate(state => { state.className = "proof__state"; });
    await page.locator("#verify").click();
    await page.locator("#verify-state.is-bad").waitFor();
    if (what === "row") {
      const steps = await page.locator(".steps .mark--y").count();
      check(steps === 4, `the entry itself was not changed, and ${steps} of its steps are right`);
      const told = await page.locator("#verify-state").innerText();
      check(/ontvanger|recipient/.test(told), `what was changed is not told: ${told}`);
    }
    await picture(page, `${language}-disclosure-${what}-changed-in-the-database`);
  }
  without(faults);
  await isAccessible(browser);
} finally {
  await browser.close();
}
