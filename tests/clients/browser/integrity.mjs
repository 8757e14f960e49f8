// The page about the ledger: the browser remembers the checkpoint that it verified, says at the next visit
// what came since, and believes no ledger that contradicts it. It verifies many entries by itself, and
// finds the one that somebody changed.
//
// Arguments: the origin, the file with the session, and the index of an entry that was changed in the
// database; without, nothing was.
import {
  AXE, LANGUAGES, bringAxe, check, inaccessible, launch, open, picture, visit, without,
} from "./console.mjs";

const [origin, session, changed] = process.argv.slice(2);
const WORDS = {
  nl: { first: "Deze browser onthoudt", since: /Sinds het vorige bezoek met deze browser \(controlepunt van \d+ [a-z]{3} \d{4}\): ([\d.]+) regels erbij, in de boom niets gewijzigd/, bad: "Klopt niet", many: /(\d[\d.]*) regels die de poort noemt zijn gecontroleerd in deze browser, alle kloppen/, older: "een oudere pagina", other: "andere sleutel", none: "geen regels", unable: "kon dit niet", wrong: "1 regels kloppen niet" },
  en: { first: "this browser remembers", since: /Since the previous visit with this browser \(checkpoint of \d+ [A-Z][a-z]{2} \d{4}\): ([\d,]+) entries added, nothing changed in the tree/, bad: "Wrong", many: /(\d[\d,]*) entries that the gateway names were verified in this browser, all are right/, older: "an older page", other: "another key", none: "no entries", unable: "could not verify", wrong: "1 entries are wrong" },
};

const kept = page => page.evaluate(() => ({ ...localStorage }));
const note = page => page.locator("#note").evaluate(pre => pre.textContent);

// What the page says as soon as the browser has verified it.
async function since(page, language) {
  await page.goto(`${origin}/${language}/integriteit`);
  await page.locator("#since-state:is(.is-ok, .is-bad, .is-wait)").waitFor();
  return page.locator("#since-state").innerText();
}

async function remembers(page, language) {
  const { first, since: words } = WORDS[language];
  await page.evaluate(() => localStorage.clear());
  const told = await since(page, language);
  check(told.includes(first), `the first visit: ${told}`);
  const [place, text, ...more] = Object.entries(await kept(page)).flat();
  check(more.length === 0 && text === await note(page), `more than the checkpoint is kept: ${place} ${more}`);
  check(place === "kept", `kept as ${place}`);

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
  const { bad, older: olderWords, other: otherWords } = WORDS[language];
  const amber = async (what, words) => {
    const before = await kept(page);
    const told = await since(page, language);
    check(await page.locator("#since-state.is-wait").isVisible() && told.includes(words), `${what}: ${told}`);
    check(JSON.stringify(await kept(page)) === JSON.stringify(before), `${what}: what was kept is another`);
  };
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

  // A page of before, of a ledger that goes on; and then a ledger of before, as after a backup was put
  // back: the gateway knows no larger one.
  await newer(page, language, Number(/id="note"[^>]*>[^\n]*\n(\d+)/.exec(older.body)[1]));
  await page.route(path, route => route.fulfill(older));
  await amber("an older page", olderWords);
  await page.route(`${path}/samenhang?*`, route => route.fulfill({ status: 400, contentType: "text/html", body: "" }));
  await red("an older ledger");
  await page.unroute(`${path}/samenhang?*`);
  await page.unroute(path);

  // What was kept is no checkpoint that this ledger signed.
  const right = Object.values(await kept(page))[0];
  const [name, entries, root, ...signature] = right.split("\n");
  const other = Buffer.from(root, "base64");
  other[0] ^= 1;
  await keep([name, entries, other.toString("base64"), ...signature].join("\n"));
  await red("a root that nobody signed");
  const [dash, signer, signature64] = signature[1].split(" ");
  const rekeyed = Buffer.from(signature64, "base64");
  rekeyed[0] ^= 1;
  await keep([name, entries, root, "", [dash, signer, rekeyed.toString("base64")].join(" "), ""].join("\n"));
  await amber("another key", otherWords);
  await keep([`${name}x`, entries, root, ...signature].join("\n"));
  await amber("another name", otherWords);
  await keep(right);
  check(!(await since(page, language)).includes(bad), "what was kept before is not believed again");
}

// Presses a button, and others while it is at work.
async function pressed(page, kind, ...more) {
  const buttons = [kind, ...more].map(one => `[data-kind=${one}]`);
  await page.evaluate(all => {
    document.querySelector(all[0]).focus();
    for (const one of all) document.querySelector(one).click();
  }, buttons);
  await page.locator("[data-kind][aria-disabled]").first().waitFor({ state: "detached" });
  check(await page.locator(buttons[0]).evaluate(one => one === document.activeElement), "the focus went");
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
    check(await page.locator("#wrong a").count() === 0, `${kind}: an entry is wrong`);
  }
  const steps = (await counts.jsonValue()).filter(words => /\d+ \/ \d+/.test(words));
  check(steps.length >= 2, `progress: ${steps}`);
  await picture(page, `${language}-integriteit-veel-regels`);
}

// What the gateway does not give was not verified: none of these is green.
async function believesNoAnswer(page, language) {
  const { none, unable, wrong } = WORDS[language];
  await visit(page, `/${language}/integriteit`);
  const url = new URL(page.url());
  const real = await page.evaluate(async ({ size, path }) =>
    (await fetch(`${path}/regels?soort=maand&tot=${size}&na=-1`)).text(),
  { size: (await note(page)).split("\n")[1], path: url.pathname });
  const one = real.split("\n")[1];
  const text = "text/plain; charset=utf-8";
  for (const [what, answer, state, words] of [
    ["none", { body: "0\n" }, "is-wait", none],
    ["an error", { body: "busy\n", status: 503 }, "is-bad", unable],
    ["no count", { body: "\n" }, "is-bad", unable],
    ["one twice", { body: `2\n${one}\n${one}\n` }, "is-bad", unable],
    ["more than were counted", { body: `1\n${one}\n${one.replace(/^\d+/, index => Number(index) + 1)}\n` }, "is-bad", unable],
    ["one that is gone", { body: `1\n${one.replace(/ [^ ]+/, " -")}\n` }, "is-bad", wrong],
  ]) {
    await page.route(`${url.href}/regels?*`, route => route.fulfill({ contentType: text, ...answer }));
    const told = await pressed(page, "maand");
    check(await page.locator(`#many-state.${state}`).isVisible() && told.includes(words), `${what}: ${told}`);
    await page.unroute(`${url.href}/regels?*`);
  }
}

async function findsTheChanged(page, language) {
  await visit(page, `/${language}/integriteit`);
  const told = await pressed(page, "maand", "steekproef");
  check(await page.locator("#many-state.is-bad").isVisible(), `a second button took it away: ${told}`);
  check(told.includes(WORDS[language].wrong), `a changed entry: ${told}`);
  const links = await page.locator("#wrong a").evaluateAll(links => links.map(link => link.getAttribute("href")));
  check(links.join() === `/${language}/verstrekkingen/${changed}`, `links: ${links}`);
  await picture(page, `${language}-integriteit-regel-gewijzigd`);
  await page.locator("#wrong a").click();
  await page.locator("[role=alert].panel--bad:not(.banner)").waitFor();
}

// The script of axe-core is let in, so that is in a window of its own.
async function isAccessible(browser) {
  const { context, page, faults } = await open(browser, origin, { ...AXE, storageState: session });
  await bringAxe(context);
  await page.goto(`${origin}/nl/`);
  const violations = [];
  for (const language of LANGUAGES) {
    await since(page, language);
    await pressed(page, "maand");
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
    if (changed) {
      await findsTheChanged(page, language);
      continue;
    }
    await remembers(page, language);
    await contradicted(page, language);
    await verifiesMany(page, language);
    await believesNoAnswer(page, language);
  }
  // What was refused on purpose is no fault.
  without(faults.filter(fault => !/\b(400|503)\b/.test(fault)));
  await isAccessible(browser);
} finally {
  await browser.close();
}
