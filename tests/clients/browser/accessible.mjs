// Every page of the console, and what officers make on the way, in both languages: under the console's own
// policy the browser has nothing to say about it, and on a desk and on a phone axe-core finds nothing.
//
// Arguments: the origin, the file with the session, and a file with the routes of all pages.
import { readFileSync } from "node:fs";
import {
  AXE, LANGUAGES, become, bringAxe, check, follow, inaccessible, launch, open, pagesOf, visit, without,
} from "./console.mjs";
import { closedBreach, closedSignal, requestWithLetter } from "./states.mjs";

const [origin, session, routes] = process.argv.slice(2);
const PAGES = JSON.parse(readFileSync(routes, "utf8"));

// Pages behind those of the menu, states of them, and what refuses.
async function deeper(page, language, [letter, breach, signal]) {
  const first = async list => {
    await visit(page, `/${language}/${list}`);
    const links = page.locator("main .list tbody tr:not(.day), main table.mini tbody tr").locator("a");
    check(await links.count() > 0, `nothing on ${list}`);
    return links.first().getAttribute("href");
  };
  return [
    "steekproef", "signalen/stil", "doel", "demo", "vragen", "vragen?staat=beantwoord",
    "toestemmingen?zaak=VVT-2026-000123", "inzage?zaak=VVT-2026-000123", "inzage?staat=gesloten",
    "verstrekkingen?uitkomst=geweigerd", "noodtoegang?staat=verschil", "noodtoegang?staat=gereed",
    "signalen?staat=verklaard",
  ].map(path => `/${language}/${path}`).concat(
    [letter, `${letter}/brief`, `${letter}/rapport`, `${letter}/rapport?opnieuw=1`, breach, signal]
      .map(path => `/${language}${path}`),
    await first("inzage?staat=gesloten"),
    await first("verstrekkingen?uitkomst=geweigerd"),
    await first("verstrekkingen?uitkomst=noodtoegang"),
    await first("noodtoegang?staat=verschil"),
    await first("noodtoegang?staat=gereed"),
  );
}

// A sample that was drawn, a form that was not accepted, and what is not there.
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

// The route that a path is of: the one of which most stands in it.
function routeOf(path) {
  const fits = route => new RegExp(`^${route.replace("{lang}", "..").replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
  return PAGES.filter(fits).sort((one, other) => one.split("{").length - other.split("{").length)[0];
}

// What was seen of every page: looks at all of them.
async function lookAt(page, paths, look) {
  for (const language of LANGUAGES) {
    const seen = new Set();
    const noted = async () => {
      await look();
      seen.add(routeOf(new URL(page.url()).pathname));
    };
    for (const path of paths[language]) {
      await visit(page, path);
      await noted();
    }
    await made(page, language, noted);
    const missed = PAGES.filter(route => !seen.has(route));
    check(missed.length === 0, `not looked at in ${language}: ${missed.join(", ")}`);
  }
}

// What was refused on purpose is no fault.
const unexpected = faults => faults.filter(fault => !/\b(400|404)\b/.test(fault));

const browser = await launch();
try {
  const { context, page, faults } = await open(browser, origin, { storageState: session });
  await page.goto(`${origin}/nl/`);
  await become(page, "fg-sp-01");
  const ended = [await requestWithLetter(page), await closedBreach(page), await closedSignal(page)];
  const paths = {};
  for (const language of LANGUAGES) {
    paths[language] = [...await pagesOf(page, language), ...await deeper(page, language, ended)];
  }
  await lookAt(page, paths, async () => {});
  without(unexpected(faults));

  // The policy lets axe-core in nowhere, so that is in a window of its own.
  const storageState = await context.storageState();
  const { context: looked, page: beside, faults: others } = await open(browser, origin, { ...AXE, storageState });
  await bringAxe(looked);
  await beside.goto(`${origin}/nl/`);
  const violations = [];
  await lookAt(beside, paths, async () => { violations.push(...await inaccessible(beside)); });
  check(violations.length === 0, violations.join("\n"));
  without(unexpected(others));
} finally {
  await browser.close();
}
