// What the console does in the browser: it verifies the ledger, and it knows some keys. No library.
//
// An entry: its hash, its place in the tree, and who signed the checkpoint (C2SP tlog-proof, signed-note,
// tlog-cosignature; Ed25519).
const find = selector => document.querySelector(selector);
const all = selector => [...document.querySelectorAll(selector)];
const b64 = text => Uint8Array.from(atob(text), c => c.charCodeAt());
const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, "0")).join("");
const same = (a, b) => `${a}` === `${b}`;
const sha = async (...bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
const leafHash = async entry => sha(0, ...b64(entry));
const nodeHash = (left, right) => sha(1, ...left, ...right);

// Up the tree along a path (RFC 9162 sections 2.1.3.2 and 2.1.4.2): the root over everything, and the one
// over what stands up to here.
async function climb(fn, sn, node, path) {
  let whole = node, upto = node;
  if (fn > sn) return [];
  for (const hash of path.map(b64)) {
    if (!sn) return [];
    if (fn & 1n || fn === sn) {
      whole = await nodeHash(hash, whole);
      upto = await nodeHash(hash, upto);
      while (fn && !(fn & 1n)) { fn >>= 1n; sn >>= 1n; }
    } else whole = await nodeHash(whole, hash);
    fn >>= 1n; sn >>= 1n;
  }
  return sn ? [] : [whole, upto];
}
const stands = (index, entry, path, { size, root }) => leafHash(entry)
  .then(leaf => climb(BigInt(index), size - 1n, leaf, path))
  .then(([top]) => same(top, root)).catch(() => false);

async function begins(older, newer, path) {
  let fn = older.size - 1n, sn = newer.size - 1n;
  if (fn === sn) return same(older.root, newer.root);
  while (fn & 1n) { fn >>= 1n; sn >>= 1n; }
  const node = fn ? b64(path.shift()) : older.root;
  return same(await climb(fn, sn, node, path), [newer.root, older.root]);
}

// A checkpoint.
function opened(note) {
  const [body, rest] = note.split(/(?<=\n)\n/);
  const [origin, size, root] = body.split("\n");
  const lines = rest.trimEnd().split("\n").map(line => {
    const [, name, value] = line.split(" ");
    const bytes = b64(value);
    return { name, id: hex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  });
  return { body, origin, size: BigInt(size), root: b64(root), lines };
}

const verified = async (key, bytes, text) => crypto.subtle.verify(
  "Ed25519", await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]),
  bytes, new TextEncoder().encode(text),
);
const own = note => note.lines.find(({ name }) => name === note.origin);
const signed = async ({ key, origin }, note) =>
  note.origin === origin && !!own(note) && verified(b64(key), own(note).bytes, note.body);

// The witnesses that cosigned: eight bytes of time, then the signature. A line in the name of a witness
// that is not by its key makes the whole wrong.
async function cosigned(known, { lines, body }) {
  let count = 0;
  for (const one of known.split(" ")) {
    const [name, id, ...key] = one.split("+");
    const bytes = lines.find(line => line.name === name && line.id === id)?.bytes;
    if (!bytes) continue;
    const text = `cosignature/v1\ntime ${BigInt("0x" + hex(bytes.slice(0, 8)))}\n${body}`;
    if (!await verified(b64(key.join("+")).slice(1), bytes.slice(8), text)) return -1;
    count += 1;
  }
  return count;
}

const mark = good => good ? "✓" : good === false ? "✗" : "…";
const tell = (state, good, words) => {
  state.className = "proof__state is-" + (good ? "ok" : good === false ? "bad" : "wait");
  state.textContent = `${mark(good)} ${words}`;
};
// What was found, or why nothing was. That a browser is too old is no fault of the ledger; that the gateway
// does not know a size that it signed is one.
const say = async (state, { changed, bad, unable }, found) => tell(
  state, ...await found.catch(({ name, status }) => [
    !changed && name === "NotSupportedError" && undefined,
    changed || (status === 400 ? bad : unable),
  ]),
);
// Buttons that verify, one at a time; without them there is what the gateway itself found.
const offer = (buttons, state, words, verify) => {
  const turn = off => buttons.forEach(button => { button.ariaDisabled = off; });
  for (const button of buttons) {
    button.hidden = false;
    button.onclick = async () => {
      if (button.ariaDisabled) return;
      turn(true);
      await say(state, words, verify(words, button.dataset.kind));
      turn(null);
    };
  }
};

const entry = async words => {
  const [head, ...note] = words.proof.split("\n\n");
  const [, index, ...path] = head.split(/\n(?:index )?/);
  const leaf = await leafHash(words.leaf), tree = opened(note.join("\n\n"));
  const steps = {
    leaf: [hex(leaf) === words.leafHash, hex(leaf)],
    path: [await stands(index, words.leaf, path, tree), hex(tree.root)],
    log: [await signed(words, tree), tree.origin],
  };
  if (words.witnesses) {
    const count = await cosigned(words.witnesses, tree);
    // Too few is no fault yet: the entry may be of this minute.
    steps.witnesses = [count >= 0 && (count >= words.needed || undefined), `${Math.max(0, count)}/${words.needed}`];
  }
  for (const [name, [good, shown]] of Object.entries(steps)) {
    find(`#step-${name} .mono`).textContent = shown;
    if (good === undefined) continue;
    const ariaLabel = good ? words.yes : words.no;
    Object.assign(find(`#step-${name} .mark`),
      { className: "mark mark--" + (good ? "y" : "n"), textContent: mark(good), ariaLabel });
  }
  // The steps are about the entry. Where the page shows something else, the gateway says so here.
  const found = good => Object.values(steps).some(([one]) => one === good);
  if (words.changed || found(false)) return [false, words.changed || words.bad];
  return found(undefined) ? [undefined, words.wait] : [true, words.ok];
};

// The page about the ledger. The gateway answers with lines of text.
const asked = async (path, query) => {
  const answer = await fetch(`${path}?${new URLSearchParams(query)}`);
  if (!answer.ok || !/^text\/plain/.test(answer.headers.get("content-type"))) throw answer;
  return (await answer.text()).trimEnd().split("\n");
};
const shown = find("#note")?.textContent;
// Whether the ledger continues what this browser verified before. It keeps that checkpoint and nothing
// else, and none that contradicts it, or is older, takes its place.
async function continued(words) {
  const { kept } = localStorage, now = opened(shown), bad = [false, words.bad];
  let told = words.first;
  if (!await signed(words, now)) return bad;
  if (kept) {
    const then = opened(kept);
    // The id is of name and key.
    if (own(then)?.id !== own(now).id) return [undefined, words.other];
    if (!await signed(words, then)) return bad;
    const [from, to] = then.size > now.size ? [now, then] : [then, now];
    const [when, ...path] = await asked(words.proofs, { van: from.size, tot: to.size });
    if (!await begins(from, to, path)) return bad;
    if (from === now) return [undefined, words.older];
    told = words.since.replace("{when}", when)
      .replace("{added}", (to.size - from.size).toLocaleString(words.lang));
  }
  // Another window may have kept a newer one meanwhile.
  if (localStorage.kept === kept) localStorage.kept = shown;
  return [!words.changed, words.changed || told];
}
// Many entries, page by page. Not in a Worker: its address is a TrustedScriptURL, and under trusted-types
// 'none' nobody makes one. Every hash is awaited, so the page stays alive.
async function many(words, soort) {
  const now = opened(shown), list = find("#wrong");
  if (!await signed(words, now)) return [false, words.bad];
  list.replaceChildren();
  let done = 0, wrong = 0, pages = 0, na = -1n, total, rows;
  do {
    [total, ...rows] = await asked(words.entries, { soort, tot: now.size, na });
    for (const row of rows) {
      const [index, entry, ...path] = row.split(" ");
      // In the order of the ledger: none counts twice.
      if (BigInt(index) <= na) throw row;
      na = BigInt(index);
      done += 1;
      if (await stands(index, entry, path, now)) continue;
      wrong += 1;
      list.append(Object.assign(document.createElement("a"), { href: words.entry + index, text: index }), " ");
    }
    // Who hears it is not told of every page.
    if (!(pages++ % 10)) tell(find("#many-state"), undefined, `${done} / ${total}`);
  } while (rows.length && done < total);
  if (`${done}` !== total) throw total;
  if (wrong) return [false, words.wrong.replace("{n}", wrong)];
  return done ? [true, words.right.replace("{n}", done)] : [undefined, words.none];
}

if (crypto.subtle) {
  offer(all("#verify"), find("#verify-state"), find("#proof")?.dataset, entry);
  const ledger = find("#since");
  if (ledger) {
    ledger.hidden = false;
    say(find("#since-state"), ledger.dataset, continued(ledger.dataset));
    offer(all("[data-kind]"), find("#many-state"), ledger.dataset, many);
  }
}

// Keys. Every one is a link or a field of the page; who switched them off has none of them.
const follow = selector => find(selector)?.click();
function step(by) {
  const rows = all("main tbody tr:has(a)").filter(row => row.checkVisibility());
  const at = rows.findIndex(row => row.contains(document.activeElement));
  rows[Math.max(at + by, 0)]?.querySelector("a").focus();
}
const search = () => find("main [type=search]");
const keys = {
  "/": () => search() ? search().focus() : follow("a[href$='/verstrekkingen']"),
  j: () => step(1),
  k: () => step(-1),
  "[": () => follow("a[rel=prev]"),
  "]": () => follow("a[rel=next]"),
  "g d": () => follow(".brand"),
  "g n": () => follow("a[href$='/noodtoegang']"),
  "?": () => {
    find("#keys").open = true;
    find("#keys summary").focus();
  },
};
let before = "";
document.onkeydown = event => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("[data-shortcuts=uit]") ||
    event.target.closest?.("input, select, textarea")) return;
  const act = keys[before + event.key];
  before = event.key === "g" ? "g " : "";
  if (!act) return;
  event.preventDefault();
  act();
};

// Two minutes before the session ends the page says so (WCAG 2.2.1).
const ending = find("#session-end");
if (ending) {
  setTimeout(() => { ending.hidden = false; }, (document.body.dataset.left - 120) * 1000);
  find("#session-end a").onclick = () => { ending.hidden = true; };
}
