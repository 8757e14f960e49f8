// The page about the ledger: the browser remembers the checkpoint that it verified, says at the next visit
// what came since, and believes no ledger that contradicts it. It verifies many entries by itself, and
// finds the one that somebody changed.
//
// Arguments: the origin, the file with the session, and the index of an entry that was changed in the
// database; without, nothing was.
import { LANGUAGES, check, launch, open, picture, visit, without } from "./console.mjs";

const [origin, session, changed] = process.argv.slice(2);
const WORDS = {
  nl: { first: "Deze browser onthoudt", since: /Sinds uw vorige bezoek \(controlepunt van \d+ [a-z]{3}\): ([\d.]+) regels erbij, niets gewijzigd/, bad: "Klopt niet", many: /(\d[\d.]*) regels gecontroleerd in deze browser, alle kloppen/, wrong: "1 regels kloppen niet" },
  en: { first: "this browser remembers", since: /Since your previous visit \(checkpoint of \d+ [A-Z][a-z]{2}\): ([\d,]+) entries added, nothing changed/, bad: "Wrong", many: /(\d[\d,]*) entries verified in this browser, all are right/, wrong: "1 entries are wrong" },
};

const kept = page => page.evaluate(() => ({ ...localStorage }));
const note = page => page.locator("#note").evaluate(pre => pre.textContent);

// What the page says as soon as the browser has verified it.
async function since(page, language) {
  await page.goto(`${origin}/${language}/integriteit`);
  await page.locator("#since-state:is(.is-ok, .is-bad)").waitFor();
  return page.locator("#since-state").innerText();
}

async function remembers(page, language) {
  const { first, since: words } = WORDS[language];
  await page.evaluate(() => localStorage.clear());
  const told = await since(page, language);
  check(told.includes(first), `the first visit: ${told}`);
  const [place, text, ...more] = Object.entries(await kept(page)).flat();
  check(more.length === 0 && text === await note(page), `more than the checkpoint is kept: ${place} ${more}`);
  check(text.startsWith(`${place}\n`), `kept as ${place}`);

  // Looking at pages makes entries, and a checkpoint over them comes within seconds.
  const until = Date.now() + 60_000;
  let added = 0;
  while (added === 0) {
    check(Date.now() < until, "no entry came");
    const told = await since(page, language);
    check(words.test(told), `the second visit: ${told}`);
    added = Number(words.exec(told)[1].replace(/\D/g, ""));
  }
  await picture(page, `${language}-integriteit-sinds-vorig-bezoek`);
}

// Until a checkpoint over more entries than these is kept.
async function newer(page, language, size) {
  const until = Date.now() + 60_000;
  while (sizeOf(Object.values(await kept(page))[0]) <= size) {
    check(Date.now() < until, "no entry came");
    await since(page, language);
  }
}
const sizeOf = note => Number(note.split("\n")[1]);

// Answers with what the gateway answers, and another last hash: a proof that leads to another ledger.
const elsewhere = beside => async route => {
  const answer = await beside.evaluate(url => fetch(url).then(answer => answer.text()), route.request().url());
  const [when, ...hashes] = answer.trimEnd().split("\n");
  const last = Buffer.from(hashes.pop(), "base64");
  last[7] ^= 1;
  const body = [when, ...hashes, last.toString("base64"), ""].join("\n");
  await route.fulfill({ contentType: "text/plain; charset=utf-8", body });
};

// Whatever contradicts what was kept is red, and what was kept stays.
async function contradicted(page, language) {
  const { bad } = WORDS[language];
  const red = async what => {
    const before = await kept(page);
    const told = await since(page, language);
    check(await page.locator("#since-state.is-bad").isVisible() && told.includes(bad), `${what}: ${told}`);
    check(JSON.stringify(await kept(page)) === JSON.stringify(before), `${what}: what was kept is another`);
  };
  const [place, text] = Object.entries(await kept(page))[0];
  const keep = text => page.evaluate(([place, text]) => localStorage.setItem(place, text), [place, text]);
  const path = `${origin}/${language}/integriteit`;
  const shown = await page.goto(path);
  const older = { status: 200, headers: shown.headers(), body: await shown.text() };

  const beside = await page.context().newPage();
  await since(beside, language);
  await newer(page, language, sizeOf(text));
  await keep(text);
  await page.route(`${path}/samenhang?*`, elsewhere(beside));
  await red("a proof that leads elsewhere");
  await page.unroute(`${path}/samenhang?*`);
  await beside.close();
  await picture(page, `${language}-integriteit-tegengesproken`);

  // The gateway shows the ledger of before, as after a backup was put back.
  await newer(page, language, Number(/id="note"[^>]*>[^\n]*\n(\d+)/.exec(older.body)[1]));
  await page.route(path, route => route.fulfill(older));
  await red("an older ledger");
  await page.unroute(path);

  // What was kept is no checkpoint that this ledger signed.
  const right = Object.values(await kept(page))[0];
  const [name, entries, root, ...signature] = right.split("\n");
  const other = Buffer.from(root, "base64");
  other[0] ^= 1;
  await keep([name, entries, other.toString("base64"), ...signature].join("\n"));
  await red("a root that nobody signed");
  await keep(right);
  check(!(await since(page, language)).includes(bad), "what was kept before is not believed again");
}

async function pressed(page, kind) {
  await page.locator("#many-state").evaluate(state => { state.className = ""; });
  await page.locator(`[data-kind=${kind}]`).click();
  await page.locator("#many-state:is(.is-ok, .is-bad)").waitFor();
  return page.locator("#many-state").innerText();
}

async function verifiesMany(page, language) {
  const { many } = WORDS[language];
  await visit(page, `/${language}/integriteit`);
  check(await page.locator("#many-state[role=status]").count() === 1, "progress is not said");
  const counts = await page.evaluateHandle(() => {
    const seen = [];
    const state = document.querySelector("#many-state");
    new MutationObserver(() => seen.push(state.textContent)).observe(state, { childList: true });
    return seen;
  });
  for (const kind of ["steekproef", "maand"]) {
    const told = await pressed(page, kind);
    check(many.test(told), `${kind}: ${told}`);
    check(Number(many.exec(told)[1].replace(/\D/g, "")) > 0, `${kind}: ${told}`);
    check(await page.locator("#wrong li").count() === 0, `${kind}: an entry is wrong`);
  }
  const steps = (await counts.jsonValue()).filter(words => /\d+ \/ \d+/.test(words));
  check(steps.length >= 2, `progress: ${steps}`);
  await picture(page, `${language}-integriteit-veel-regels`);
}

async function findsTheChanged(page, language) {
  await visit(page, `/${language}/integriteit`);
  const told = await pressed(page, "maand");
  check(told.includes(WORDS[language].wrong), `a changed entry: ${told}`);
  const links = await page.locator("#wrong a").evaluateAll(links => links.map(link => link.getAttribute("href")));
  check(links.join() === `/${language}/verstrekkingen/${changed}`, `links: ${links}`);
  await picture(page, `${language}-integriteit-regel-gewijzigd`);
  await page.locator("#wrong a").click();
  await page.locator("[role=alert].panel--bad").waitFor();
}

const browser = await launch();
try {
  const { page, faults } = await open(browser, origin, { storageState: session });
  await page.goto(`${origin}/nl/`);
  for (const language of LANGUAGES) {
    if (changed) {
      await findsTheChanged(page, language);
      continue;
    }
    await remembers(page, language);
    await contradicted(page, language);
    await verifiesMany(page, language);
  }
  without(faults);
} finally {
  await browser.close();
}
