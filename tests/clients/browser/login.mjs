// An officer with a certificate in the browser logs in at a provider that is another site, and comes back
// to the page they asked for: what `SameSite`, the redirects and the policy of the console make of it,
// only a browser can tell.
//
// Arguments: the console, the provider, the officer's certificate and key, their number and that of the
// organisation.
import {
  AXE, LANGUAGES, bringAxe, check, inaccessible, launch, open, picture, without,
} from "./console.mjs";

const [origin, provider, certPath, keyPath, user, oin] = process.argv.slice(2);
const certificate = { clientCertificates: [{ origin, certPath, keyPath }] };
const WORDS = {
  nl: { in: "U bent", why: "Waarom kijkt u?", out: "Uitloggen", left: "U bent uitgelogd" },
  en: { in: "You are", why: "Why do you look?", out: "Log out", left: "You have logged out" },
};
// Who has not logged in gets a page and the status 401; the browser tells of both.
const unexpected = faults => faults.filter(fault => !/\b401\b/.test(fault));

async function logIn(page, language) {
  const words = WORDS[language];
  await page.goto(`${origin}/${language}/organisaties`);
  await page.locator("main .btn--primary").click();
  await page.waitForURL(`${provider}/**`);
  await page.locator("input[name=user]").fill(user);
  await page.locator("input[name=oin]").fill(oin);
  await page.getByRole("button", { name: "Log in" }).click();
  // Past the page that says so, by itself, to what was asked for first.
  await page.waitForURL(`${origin}/${language}/organisaties`);
  check(await page.locator("h1").innerText() === words.why, "the login is not known");
  await page.locator("input[name=doel]").first().check();
  await page.locator("main form button").click();
  await page.locator("nav.side").waitFor();
  check(new URL(page.url()).pathname === `/${language}/organisaties`, `at ${page.url()}`);
}

async function logOut(page, language, look = async () => {}) {
  const words = WORDS[language];
  await page.getByRole("button", { name: words.out }).click();
  check(await page.locator("h1").innerText() === words.left, "the officer is still in");
  await look();
  await page.goto(`${origin}/${language}/organisaties`);
  check(await page.locator("main .btn--primary").count() === 1, "the officer is in again");
}

const browser = await launch();
try {
  for (const language of LANGUAGES) {
    const { context, page, faults } = await open(browser, [origin, provider], certificate);
    await logIn(page, language);
    await logOut(page, language, () => picture(page, `${language}-inloggen-uitgelogd`));
    await picture(page, `${language}-inloggen`);
    without(unexpected(faults));
    await context.close();

    const { context: looked, page: login } = await open(browser, [origin, provider], { ...certificate, ...AXE });
    await bringAxe(looked);
    await login.goto(`${origin}/${language}/`);
    const violations = await inaccessible(login);
    await logIn(login, language);
    await logOut(login, language, async () => { violations.push(...await inaccessible(login)); });
    check(violations.length === 0, violations.join("\n"));
    await looked.close();
  }
} finally {
  await browser.close();
}
