// What the console does in the browser: it verifies the ledger, and it knows some keys. No library.
//
// An entry: its hash, its place in the tree, and who signed the checkpoint (C2SP tlog-proof, signed-note,
// tlog-cosignature; Ed25519).
const find = selector => document.querySelector(selector);
const all = selector => [...document.querySelectorAll(selector)];
const b64 = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, "0")).join("");
const same = (a, b) => `${a}` === `${b}`;
const sha = async (...bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
const leafHash = entry => sha(0, ...b64(entry));
const nodeHash = (left, right) => sha(1, ...left, ...right);

// Up the tree along a path (RFC 9162 sections 2.1.3.2 and 2.1.4.2): the root over everything, and the one
// over what stands up to here.
async function climb(fn, sn, node, path) {
  let whole = node, upto = node;
  if (fn > sn) return [];
  for (const hash of path.map(b64)) {
    if (!sn) return [];
    if (fn & 1n || fn === sn) {
      [whole, upto] = [await nodeHash(hash, whole), await nodeHash(hash, upto)];
      while (fn && !(fn & 1n)) { fn >>= 1n; sn >>= 1n; }
    } else whole = await nodeHash(whole, hash);
    fn >>= 1n; sn >>= 1n;
  }
  return sn ? [] : [whole, upto];
}
const stands = async (index, leaf, path, { size, root }) =>
  same((await climb(BigInt(index), size - 1n, leaf, path))[0], root);

async function begins(older, newer, path) {
  let fn = older.size - 1n, sn = newer.size - 1n;
  if (fn === sn) return same(older.root, newer.root);
  while (fn & 1n) { fn >>= 1n; sn >>= 1n; }
  const node = fn ? b64(path.shift()) : older.root;
  return same(await climb(fn, sn, node, path), [newer.root, older.root]);
}

// A checkpoint.
function opened(note) {
  const cut = note.lastIndexOf("\n\n");
  const body = note.slice(0, cut + 1);
  const [origin, size, root] = body.split("\n");
  const signatures = note.slice(cut + 2).trimEnd().split("\n").map(line => {
    const [, name, value] = line.split(" ");
    const bytes = b64(value);
    return { name, id: hex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  });
  return { body, origin, size: BigInt(size), root: b64(root), signatures };
}

const verified = async (key, signature, text) => crypto.subtle.verify(
  "Ed25519", await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]),
  signature, new TextEncoder().encode(text),
);
const signed = async ({ key, origin }, note) => {
  const ours = note.signatures.find(({ name }) => name === origin);
  return note.origin === origin && !!ours && verified(b64(key), ours.bytes, note.body);
};

// The witnesses that cosigned: eight bytes of time, then the signature. A line in the name of a witness
// that is not by its key makes the whole wrong.
async function cosigned(witnesses, { signatures, body }) {
  let count = 0;
  for (const witness of witnesses.split(" ")) {
    const [name, id, ...key] = witness.split("+");
    const bytes = signatures.find(line => line.name === name && line.id === id)?.bytes;
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
// A button that verifies; without it there is what the gateway itself found.
const offer = (button, state, unable, verify) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    tell(state, ...await verify().catch(() => [false, unable]));
    button.disabled = false;
  });
};

const entry = async words => {
  const [head, ...note] = words.proof.split("\n\n");
  const [, index, ...path] = head.split(/\n(?:index )?/);
  const leaf = await leafHash(words.leaf), checkpoint = opened(note.join("\n\n"));
  const steps = {
    leaf: [hex(leaf) === words.leafHash, hex(leaf)],
    path: [await stands(index, leaf, path, checkpoint).catch(() => false), hex(checkpoint.root)],
    log: [await signed(words, checkpoint), checkpoint.origin],
  };
  if (words.witnesses) {
    const count = await cosigned(words.witnesses, checkpoint);
    // Too few is no fault yet: the entry may be of this minute.
    steps.witnesses = [count >= 0 && (count >= words.needed || undefined), `${Math.max(0, count)}/${words.needed}`];
  }
  for (const [name, [good, shown]] of Object.entries(steps)) {
    const sign = find(`#step-${name} .mark`);
    find(`#step-${name} .mono`).textContent = shown;
    if (good === undefined) continue;
    const ariaLabel = good ? words.yes : words.no;
    Object.assign(sign, { className: "mark mark--" + (good ? "y" : "n"), textContent: mark(good), ariaLabel });
  }
  // The steps are about the entry. Where the page shows something else, the gateway says so here.
  const found = good => Object.values(steps).some(([one]) => one === good);
  if (words.changed || found(false)) return [false, words.changed || words.bad];
  return found(undefined) ? [undefined, words.wait] : [true, words.ok];
};

// The page about the ledger. The gateway answers with lines of text.
const asked = async (path, query) => {
  const answer = await fetch(`${path}?${new URLSearchParams(query)}`);
  if (!answer.headers.get("content-type").startsWith("text/plain")) throw answer;
  return (await answer.text()).trimEnd().split("\n");
};
// Whether the ledger continues what this browser verified before. It keeps that checkpoint and nothing
// else, and none that contradicts it takes its place.
async function continued(words, note) {
  const kept = localStorage.getItem(words.origin);
  const now = opened(note), bad = [false, words.bad];
  let told = words.first;
  if (!await signed(words, now)) return bad;
  if (kept) {
    const then = opened(kept);
    if (then.size > now.size || !await signed(words, then)) return bad;
    const [when, ...path] = await asked(words.proofs, { van: then.size, tot: now.size });
    if (!await begins(then, now, path)) return bad;
    const added = (now.size - then.size).toLocaleString(words.lang);
    told = words.since.replace("{when}", when).replace("{added}", added);
  }
  localStorage.setItem(words.origin, note);
  return [true, told];
}
// Many entries, page by page. Not in a Worker: its address is a TrustedScriptURL, and under trusted-types
// 'none' nobody makes one. Every hash is awaited, so the page stays alive.
async function many(words, note, soort, state) {
  const now = opened(note), list = find("#wrong");
  if (!await signed(words, now)) return [false, words.bad];
  list.replaceChildren();
  let done = 0, na = -1, total, rows;
  do {
    [total, ...rows] = await asked(words.entries, { soort, tot: now.size, na });
    for (const row of rows) {
      const [index, leaf, ...path] = row.split(" ");
      na = index;
      done += 1;
      if (await leafHash(leaf).then(hash => stands(index, hash, path, now)).catch(() => false)) continue;
      const link = Object.assign(document.createElement("a"), { href: words.entry + index, textContent: index });
      list.appendChild(document.createElement("li")).append(link);
    }
    tell(state, undefined, `${done} / ${total}`);
  } while (rows.length && done < total);
  if (done < total) throw done;
  const wrong = list.childElementCount;
  return [!wrong, (wrong ? words.wrong : words.right).replace("{n}", wrong || done)];
}

if (crypto.subtle) {
  const verify = find("#verify");
  if (verify) {
    const words = find("#proof").dataset;
    offer(verify, find("#verify-state"), words.changed || words.unable, () => entry(words));
  }
  const ledger = find("#since");
  if (ledger) {
    const words = ledger.dataset, note = find("#note").textContent, state = find("#many-state");
    ledger.hidden = false;
    continued(words, note).catch(() => [false, words.unable]).then(said => tell(find("#since-state"), ...said));
    for (const button of all("[data-kind]")) {
      offer(button, state, words.unable, () => many(words, note, button.dataset.kind, state));
    }
  }
}

// Keys. Every one is a link or a field of the page; who switched them off has none of them.
const follow = selector => find(selector)?.click();
function step(by) {
  const links = all("main tbody tr").map(row => row.querySelector("a[href]"))
    .filter(link => link?.checkVisibility());
  const at = links.findIndex(link => link.closest("tr").contains(document.activeElement));
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}
const search = () => find("main [type=search]");
const keys = {
  "/": () => search() ? search().focus() : follow(".side a[href$='/verstrekkingen']"),
  j: () => step(1),
  k: () => step(-1),
  "[": () => follow("a[rel=prev]"),
  "]": () => follow("a[rel=next]"),
  "g d": () => follow(".brand"),
  "g n": () => follow(".side a[href$='/noodtoegang']"),
  "?": () => {
    find("#keys").open = true;
    find("#keys summary").focus();
  },
};
let before = "";
document.addEventListener("keydown", event => {
  const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.shortcuts === "uit") return;
  const act = keys[before + event.key];
  before = event.key === "g" ? "g " : "";
  if (!act) return;
  event.preventDefault();
  act();
});

// Two minutes before the session ends the page says so (WCAG 2.2.1).
const ending = find("#session-end");
if (ending) {
  setTimeout(() => { ending.hidden = false; }, (document.body.dataset.left - 120) * 1000);
  find("#session-end a").addEventListener("click", () => { ending.hidden = true; });
}
