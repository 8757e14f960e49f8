// What every script here shares: a browser that talks to nothing but the console, and that counts
// every message of the browser as a fault of the console.
import { createRequire } from "node:module";
import { appendFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";

const need = createRequire(join(process.env.KETENPOORT_TEST_NODE, "package.json"));
const { chromium } = need("playwright-core");
const axe = need("axe-core");

export const LANGUAGES = ["nl", "en"];
const HEIGHT = 900;
const PICTURES = process.env.KETENPOORT_SCREENSHOTS;
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function check(holds, words) {
  if (!holds) throw new Error(words);
}

export const launch = () => chromium.launch({
  executablePath: process.env.KETENPOORT_TEST_CHROMIUM, headless: true, args: FLAGS,
});

// A window of the browser, with what was wrong in it until now. It may talk to these origins only.
export async function open(browser, origins, options = {}) {
  // The demo makes a certificate authority of its own, that no browser knows.
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, reducedMotion: "reduce", viewport: { width: 1440, height: HEIGHT }, ...options,
  });
  context.setDefaultTimeout(60_000);
  const faults = [];
  await context.route(url => ![origins].flat().includes(url.origin), route => {
    faults.push(`asked for ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  const fault = (kind, words) => faults.push(`${kind} on ${new URL(page.url()).pathname}: ${words}`);
  page.on("console", message => fault(`console ${message.type()}`, message.text()));
  page.on("pageerror", error => fault("script error", error.message));
  page.on("requestfailed", request => {
    // What a page still asked for when the next one came, the browser itself gave up.
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") fault(`failed request (${why})`, request.url());
  });
  page.on("response", response => {
    if (response.status() >= 400) fault(`answer ${response.status()}`, response.url());
  });
  return { context, page, faults };
}

export function without(faults) {
  check(faults.length === 0, `the browser complains:\n${faults.join("\n")}`);
}

// Goes to a page and takes what comes as the page, not as a refusal.
export async function visit(page, path) {
  await page.goto(new URL(path, page.url()).href);
  check(await page.locator("h1").count() === 1, `no single h1 on ${path}`);
}

const RULES = { type: "tag", values: [
  "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
] };

// The policy of the console lets no foreign script in, not even this one: a window that looks at it with
// axe-core is opened with these options. Whether the console keeps to its policy is seen where it holds.
export const AXE = { bypassCSP: true };
export const bringAxe = context => context.addInitScript({ content: axe.source });

// What axe-core finds against WCAG 2.0 to 2.2 A and AA and its own best practice, at both widths.
export async function inaccessible(page) {
  const violations = [];
  const path = new URL(page.url()).pathname;
  // What is folded is part of the page.
  await page.evaluate(() => document.querySelectorAll("details").forEach(one => { one.open = true; }));
  await atBothWidths(page, async width => {
    const { violations: found, incomplete, passes } = await page.evaluate(
      rules => globalThis.axe.run(document, { runOnly: rules }), RULES,
    );
    untold(path, width, incomplete);
    check(passes.length > 20, `axe looked at next to nothing of ${path}`);
    violations.push(...found.flatMap(({ id, help, nodes }) => nodes.map(node =>
      `${path} at ${width} px: ${id}: ${help}\n    ${node.html}\n    ${node.failureSummary}`,
    )));
  });
  return violations;
}

// What axe-core could not tell, such as the contrast of letters in a drawing: how often on each page. It is
// no fault, and nobody thinks that it was looked at.
function untold(path, width, incomplete) {
  const all = incomplete.map(({ id, nodes }) => `${id} ${nodes.length}`).join(", ") || "nothing";
  const script = basename(process.argv[1], ".mjs");
  // The login is another test, and its own files are named so.
  const name = script === "login" ? "inloggen" : "console";
  mkdirSync(PICTURES, { recursive: true });
  appendFileSync(join(PICTURES, `axe-could-not-tell-${name}.txt`), `${script} ${path} at ${width} px: ${all}\n`);
}

// As wide as a desk and as wide as a phone. A phone never scrolls sideways, and no tile stands alone below
// a row of others.
export async function atBothWidths(page, look) {
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: HEIGHT });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(wide <= width, `${page.url()} is ${wide} px wide in a window of ${width} px`);
    check(await page.locator(".tiles").evaluateAll(grids => grids.every(({ children }) => {
      const tops = [...children].map(one => one.offsetTop);
      const inRow = top => tops.filter(other => other === top).length;
      return inRow(tops.at(-1)) > 1 || inRow(tops[0]) === 1;
    })), `an orphan tile on ${page.url()}`);
    await look(width);
  }
  await page.setViewportSize({ width: 1440, height: HEIGHT });
}

export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await atBothWidths(page, width => page.screenshot({
    path: join(PICTURES, `${name}-${width}.png`), fullPage: true,
  }));
}

// The upper part of a page on a desk, as a reader of the README sees it.
export async function crop(page, name) {
  await page.setViewportSize({ width: 1440, height: 1400 });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  await page.setViewportSize({ width: 1440, height: HEIGHT });
}

// Presses what leads to another page.
export async function follow(page, pressed) {
  await Promise.all([page.waitForNavigation(), pressed.click()]);
}

// Takes the place of another officer of the demo, who then says why they look.
export async function become(page, officer, why = "Klacht") {
  await visit(page, "/nl/demo");
  await page.getByRole("radio", { name: officer }).check();
  await follow(page, page.locator("main form button"));
  if (await page.getByRole("radio", { name: why }).count() > 0) {
    await page.getByRole("radio", { name: why }).check();
    await follow(page, page.locator("main form button"));
  }
  check((await page.locator(".who").innerText()).includes(officer), `nobody became ${officer}`);
}

// The paths of the menu, and behind each list the first of what it lists.
export async function pagesOf(page, language) {
  await visit(page, `/${language}/`);
  const menu = await page.locator("nav.side a[href]").evaluateAll(
    links => links.map(link => link.getAttribute("href")),
  );
  const pages = [];
  for (const path of menu) {
    pages.push(path);
    await visit(page, path);
    // The first row that leads deeper; the table of an overview leads elsewhere.
    const rows = await page.locator("main tbody a[href]").evaluateAll(
      links => links.map(link => link.getAttribute("href")),
    );
    const first = rows.find(row => row.startsWith(`${path}/`));
    if (first) pages.push(first);
  }
  return pages;
}

// `/nl/verstrekkingen/12?van=…` is `nl-verstrekkingen-detail`.
export function nameOf(path) {
  const [language, page, entry] = path.split("?")[0].split("/").filter(Boolean);
  return [language, page ?? "overzicht", entry && "detail"].filter(Boolean).join("-");
}
