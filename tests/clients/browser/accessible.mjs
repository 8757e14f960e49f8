// Every page of the menu and one of what each lists, in both languages, on a desk and on a phone:
// axe-core finds nothing.
//
// Arguments: the origin, and the file with the session.
import {
  AXE, LANGUAGES, bringAxe, check, inaccessible, launch, open, pagesOf, visit, without,
} from "./console.mjs";

const [origin, session] = process.argv.slice(2);

const browser = await launch();
try {
  const { context, page, faults } = await open(browser, origin, { ...AXE, storageState: session });
  await bringAxe(context);
  await page.goto(`${origin}/nl/`);
  const violations = [];
  const seen = [];
  for (const language of LANGUAGES) {
    for (const path of await pagesOf(page, language)) {
      await visit(page, path);
      violations.push(...await inaccessible(page));
      seen.push(path);
    }
  }
  check(violations.length === 0, violations.join("\n"));
  check(seen.length >= 6, `only ${seen.join(" ")} were found`);
  without(faults);
  console.log(seen.join("\n"));
} finally {
  await browser.close();
}
