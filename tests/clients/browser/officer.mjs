// An officer comes in by the link of the demo, searches, opens a disclosure and has the browser check
// its proof; then somebody changes it. All of it in Dutch and in English, with the mouse and the keys.
//
// Arguments: the link, and a file for the session, which the other scripts go on with.
import {
  LANGUAGES, check, crop, follow, launch, nameOf, open, pagesOf, picture, visit, without,
} from "./console.mjs";

const [link, session] = process.argv.slice(2);
const origin = new URL(link).origin;
const WORDS = {
  nl: { verify: "Controleer in deze browser", good: "Klopt", bad: "Klopt niet", few: "te weinig getuigen" },
  en: { verify: "Verify in this browser", good: "Right", bad: "Wrong", few: "enough witnesses yet" },
};

async function comeIn(page) {
  await page.goto(link);
  check(await page.locator("h1").innerText() === "Waarom kijkt u?", "no purpose was asked for");
  await page.locator("input[name=doel]").first().check();
  await page.locator("main form button").click();
  await page.waitForURL(`${origin}/nl/`);
}

const found = async page => Number((await page.locator(".lead b").first().innerText()).replace(/\D/g, ""));
const chips = page => page.locator(".chip").count();

async function search(page, language) {
  await visit(page, `/${language}/verstrekkingen`);
  const all = await found(page);
  const none = await chips(page);

  await page.locator("#uitkomst").selectOption({ index: 1 });
  await follow(page, page.locator("form[role=search] .btn--primary"));
  const filtered = await found(page);
  check(0 < filtered && filtered < all, `a filter leaves ${filtered} of ${all}`);
  check(await chips(page) > none, "a chosen filter has no chip");

  await follow(page, page.locator(".chip a").last());
  check(await chips(page) === none, "the chip is still there");
  check(await found(page) === all, "without the filter there is not what was there");

  const bar = page.locator("figure svg a");
  await follow(page, bar.first().locator("rect").first());
  const day = await found(page);
  check(0 < day && day < all, `a bar leads to ${day} of ${all}`);
  await page.goBack();
}

async function verify(page, language) {
  const { verify, good, bad, few } = WORDS[language];
  const state = page.locator("#verify-state");
  const steps = () => page.locator(".steps .mark").evaluateAll(
    marks => marks.map(mark => mark.classList.contains("mark--y")),
  );
  const pressed = async () => {
    await state.evaluate(state => { state.className = "proof__state"; });
    await page.getByRole("button", { name: verify }).click();
    await page.locator("#verify-state:is(.is-ok, .is-bad, .is-wait)").waitFor();
    return { words: await state.innerText(), isGood: await state.evaluate(s => s.classList.contains("is-ok")) };
  };
  const changed = (name, change) => page.locator("#proof").evaluate(
    (panel, [name, change]) => { panel.dataset[name] = change; }, [name, change],
  );

  await witnessed(page);
  const whole = await pressed();
  check(whole.isGood && whole.words.includes(good) && !whole.words.includes(bad), `whole: ${whole.words}`);
  check((await steps()).every(Boolean), "a step of a whole proof fails");
  await picture(page, `${language}-disclosure-verified`);
  if (language === "nl") await crop(page, "readme");

  const { leaf, leafHash } = await page.locator("#proof").evaluate(panel => ({ ...panel.dataset }));
  const bytes = Buffer.from(leaf, "base64");
  bytes[bytes.length >> 1] ^= 1;
  await changed("leaf", bytes.toString("base64"));
  const tampered = await pressed();
  check(!tampered.isGood && tampered.words.includes(bad), `tampered: ${tampered.words}`);
  await picture(page, `${language}-disclosure-tampered`);

  // Who changes the entry can write its new hash beside it. It still has no place in the ledger.
  await changed("leafHash", await page.locator("#step-leaf .mono").innerText());
  check(!(await pressed()).isGood, "a changed entry with its own hash passes");
  check((await steps()).join() === "true,false,true,true", `steps: ${await steps()}`);

  await changed("leaf", leaf);
  await changed("leafHash", leafHash);
  await witnesses({ pressed, changed, steps }, page, { good, bad, few });
  check((await pressed()).isGood, "the entry as it was does not pass");
}

// The entry may be of this moment, and the witnesses are asked every two seconds.
async function witnessed(page) {
  const until = Date.now() + 60_000;
  while (await page.locator("#step-witnesses .sub").count() < 3) {
    check(Date.now() < until, "no checkpoint over the entry was cosigned");
    await page.reload();
  }
}

// The witnesses: a line in the name of one that is not by its key is a fault, too few of them is none yet.
async function witnesses({ pressed, changed, steps }, page, { good, bad, few }) {
  const { proof, needed, witnesses } = await page.locator("#proof").evaluate(panel => ({ ...panel.dataset }));
  check(witnesses.split(" ").length === 2 && needed === "2", `witnesses: ${witnesses}`);
  const lines = proof.trimEnd().split("\n");
  const last = Buffer.from(lines.at(-1).split(" ").at(-1), "base64");

  // The signature, and then the moment that stands before it.
  for (const at of [20, 11]) {
    const bytes = Buffer.from(last);
    bytes[at] ^= 1;
    const name = lines.at(-1).split(" ").slice(0, 2).join(" ");
    await changed("proof", [...lines.slice(0, -1), `${name} ${bytes.toString("base64")}`, ""].join("\n"));
    const lied = await pressed();
    check(!lied.isGood && lied.words.includes(bad), `a false cosignature: ${lied.words}`);
    check((await steps()).join() === "true,true,true,false", `steps: ${await steps()}`);
  }

  await changed("proof", [...lines.slice(0, -1), ""].join("\n"));
  const waits = await pressed();
  check(!waits.isGood && waits.words.includes(few), `too few witnesses: ${waits.words}`);
  await changed("proof", proof);
  const again = await pressed();
  check(again.isGood && again.words.includes(good) && !again.words.includes(few), `again: ${again.words}`);
}

// All keys, and that none of them works where somebody writes or has switched them off.
// Single keys can be switched off (WCAG 2.1.4).
async function chooseKeys(page, language, word) {
  await visit(page, `/${language}/instellingen`);
  await page.locator(`input[name=toetsen][value=${word}]`).check();
  await follow(page, page.locator("main form button"));
}

async function keys(page, language) {
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.rowIndex ?? -1);
  const goes = async (path, ...keys) => {
    await Promise.all([page.waitForURL(url => url.pathname === path), press(...keys)]);
  };
  const home = `/${language}/`;
  const list = `/${language}/verstrekkingen`;

  await visit(page, list);
  await press("j");
  const first = await focused();
  await press("j");
  const second = await focused();
  check(0 < first && first < second, `j goes from row ${first} to ${second}`);
  await press("k");
  check(await focused() === first, "k does not go back");
  await press("j");
  const wanted = await page.evaluate(() => new URL(document.activeElement.href).pathname);
  await goes(wanted, "Enter");
  const older = await page.locator("a[rel=next]").evaluate(link => new URL(link.href).pathname);
  await goes(older, "]");
  await goes(wanted, "[");

  await press("?");
  check(await page.locator("#keys[open] dl").isVisible(), "? shows no list");
  await goes(home, "g", "d");
  await press("/", "x");
  check(await page.locator("#zaak").inputValue() === "x", "/ does not go to the search of the overview");
  await visit(page, `/${language}/organisaties`);
  await goes(list, "/");
  await press("/", "j", "g", "d", "?");
  check(await page.locator("#zaak").inputValue() === "jgd?", "a key works in a field");

  await chooseKeys(page, language, "uit");
  await visit(page, list);
  await press("j", "?");
  check(await focused() === -1, "a key works although it is switched off");
  check(!await page.locator("#keys").evaluate(keys => keys.open), "? works although it is switched off");
  await chooseKeys(page, language, "aan");
}

// Two minutes before the session ends, the page says so and stays as it is.
async function sessionEnd(context, language) {
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${origin}/${language}/datalek`);
  await page.locator("#wat").fill("Half een zin");
  const notice = page.locator("#session-end");
  await page.clock.fastForward("07:00:00");
  check(!await notice.isVisible(), "the end of the session is said too early");
  await page.clock.fastForward("00:58:30");
  check(await notice.isVisible(), "the end of the session is not said");
  await picture(page, `${language}-sessie-eindigt`);
  const [beside] = await Promise.all([context.waitForEvent("page"), notice.locator("a").click()]);
  await beside.locator("input[name=doel]").first().check();
  await follow(beside, beside.locator("main form button"));
  check(new URL(beside.url()).pathname === `/${language}/`, "the session is not made longer");
  check(!await notice.isVisible(), "the notice stays");
  check(await page.locator("#wat").inputValue() === "Half een zin", "what was filled in is lost");
  await beside.close();
  await page.close();
}

const browser = await launch();
try {
  const { context, page, faults } = await open(browser, origin);
  await comeIn(page);
  let opened;
  for (const language of LANGUAGES) {
    for (const path of await pagesOf(page, language)) {
      await visit(page, path);
      await picture(page, nameOf(path));
    }
    await search(page, language);
    await follow(page, page.locator("main .list tbody td a").first());
    opened = new URL(page.url()).pathname;
    await verify(page, language);
    await keys(page, language);
    await sessionEnd(context, language);
  }
  await context.storageState({ path: session });
  without(faults);
  console.log(opened.split("/").at(-1));
} finally {
  await browser.close();
}
