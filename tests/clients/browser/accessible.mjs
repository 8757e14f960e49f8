// Every page of the menu, one of what each lists, and what officers make on the way, in both languages, on
// a desk and on a phone: axe-core finds nothing.
//
// Arguments: the origin, and the file with the session.
import {
  AXE, LANGUAGES, become, bringAxe, check, follow, inaccessible, launch, open, pagesOf, visit, without,
} from "./console.mjs";

const [origin, session] = process.argv.slice(2);
// Of every language there must be these; of lists, one of what they list.
const MENU = [
  "", "verstrekkingen", "noodtoegang", "signalen", "inzage", "datalek", "toestemmingen", "statistiek",
  "integriteit", "organisaties", "instellingen", "mijn-logboek",
];
const LISTS = ["verstrekkingen", "noodtoegang", "signalen", "inzage", "datalek", "organisaties"];

// Pages behind the first ones, and what refuses.
async function deeper(page, language) {
  const first = async (list, words) => {
    await visit(page, `/${language}/${list}`);
    return page.locator("main tbody tr", { hasText: words }).first().locator("a").first().getAttribute("href");
  };
  const request = await first("inzage", "VVT-2026-000701");
  return [
    `/${language}/steekproef`,
    `/${language}/signalen/stil`,
    `/${language}/toestemmingen?zaak=VVT-2026-000123`,
    `/${language}/doel`,
    `/${language}/demo`,
    `/${language}/verstrekkingen?uitkomst=geweigerd`,
    await first("verstrekkingen?uitkomst=geweigerd", ""),
    await first("verstrekkingen?uitkomst=noodtoegang", ""),
    `${request}/rapport`,
  ];
}

// A sample that was drawn, and a form that was not accepted.
async function made(page, language, look) {
  await visit(page, `/${language}/steekproef`);
  await follow(page, page.locator("main form button").first());
  await look();
  await visit(page, `/${language}/datalek`);
  await page.locator("main form").evaluate(form => { form.noValidate = true; });
  await follow(page, page.locator("main form button").last());
  await look();
  await page.goto(`${origin}/${language}/verstrekkingen/999999999`);
  await look();
}

const browser = await launch();
try {
  const { context, page, faults } = await open(browser, origin, { ...AXE, storageState: session });
  await bringAxe(context);
  await page.goto(`${origin}/nl/`);
  await become(page, "fg-sp-01");
  const violations = [];
  const seen = [];
  const look = async () => {
    violations.push(...await inaccessible(page));
    seen.push(new URL(page.url()).pathname);
  };
  for (const language of LANGUAGES) {
    for (const path of [...await pagesOf(page, language), ...await deeper(page, language)]) {
      await visit(page, path);
      await look();
    }
    await made(page, language, look);
    for (const path of MENU) check(seen.includes(`/${language}/${path}`), `${path} was not looked at`);
    for (const list of LISTS) {
      check(seen.some(path => path.startsWith(`/${language}/${list}/`)), `nothing of ${list} was looked at`);
    }
  }
  check(violations.length === 0, violations.join("\n"));
  // What was refused on purpose is no fault.
  without(faults.filter(fault => !/\b(400|404)\b/.test(fault)));
  console.log(seen.join("\n"));
} finally {
  await browser.close();
}
