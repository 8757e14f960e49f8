// Every page of the menu and one of what each lists, in both languages, on a desk and on a phone:
// axe-core finds nothing against WCAG 2.0 to 2.2 A and AA and its own best practice.
//
// Arguments: the origin, and the file with the session.
import { LANGUAGES, atBothWidths, axe, check, launch, open, pagesOf, visit, without } from "./console.mjs";

const [origin, session] = process.argv.slice(2);
const RULES = { type: "tag", values: [
  "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
] };

function told(path, width, violations) {
  return violations.flatMap(({ id, help, nodes }) => nodes.map(
    node => `${path} at ${width} px: ${id}: ${help}\n    ${node.html}\n    ${node.failureSummary}`,
  ));
}

const browser = await launch();
try {
  // The policy of the console lets no foreign script in, not even this one. Whether the console keeps
  // to its policy is seen where it holds.
  const { context, page, faults } = await open(browser, origin, {
    bypassCSP: true, storageState: session,
  });
  await context.addInitScript({ content: axe.source });
  await page.goto(`${origin}/nl/`);
  const violations = [];
  const seen = [];
  for (const language of LANGUAGES) {
    for (const path of await pagesOf(page, language)) {
      await visit(page, path);
      // What is folded is part of the page.
      await page.evaluate(() => document.querySelectorAll("details").forEach(one => { one.open = true; }));
      await atBothWidths(page, async width => {
        const { violations: found, passes } = await page.evaluate(
          rules => globalThis.axe.run(document, { runOnly: rules }), RULES,
        );
        check(passes.length > 20, `axe looked at next to nothing of ${path}`);
        violations.push(...told(path, width, found));
      });
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
