// What the console does in the browser: it checks an entry of the ledger, and it knows some keys.
//
// Checks an entry of the ledger in the browser: leaf hash, place in the tree (RFC 6962), the signature
// under the checkpoint (C2SP tlog-proof, signed-note; Ed25519) and those of the witnesses (C2SP
// tlog-cosignature). No library and no request: everything that is checked stands in the page.
const b64 = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
const joined = (...parts) => {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
};
const sha = async bytes => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const leafHash = entry => sha(joined(Uint8Array.of(0), entry));
const nodeHash = (left, right) => sha(joined(Uint8Array.of(1), left, right));

// RFC 9162 section 2.1.3.2.
async function rootOf(index, size, leaf, path) {
  if (index >= size) throw new Error("index");
  let fn = index, sn = size - 1n, root = leaf;
  for (const hash of path) {
    if (sn === 0n) throw new Error("path too long");
    if ((fn & 1n) === 1n || fn === sn) {
      root = await nodeHash(hash, root);
      if ((fn & 1n) === 0n) do { fn >>= 1n; sn >>= 1n; } while ((fn & 1n) === 0n && fn !== 0n);
    } else root = await nodeHash(root, hash);
    fn >>= 1n; sn >>= 1n;
  }
  if (sn !== 0n) throw new Error("path too short");
  return root;
}

function parse(text) {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Error("header");
  if (lines[0].startsWith("extra ")) lines.shift();
  const index = BigInt(/^index (\d+)$/.exec(lines.shift())[1]);
  const note = text.slice(end + 2);
  const cut = note.lastIndexOf("\n\n");
  const body = note.slice(0, cut + 1);
  const [origin, size, root] = body.split("\n");
  const signatures = note.slice(cut + 2).trimEnd().split("\n").map(line => {
    const [, name, value] = /^\u2014 (\S+) (\S+)$/.exec(line);
    const bytes = b64(value);
    return { name, id: hex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  });
  return { index, path: lines.map(b64), body, origin, size: BigInt(size), root: b64(root), signatures };
}

const verified = async (key, signature, text) => {
  const algorithm = { name: "Ed25519" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, imported, signature, new TextEncoder().encode(text));
};

// The witnesses that cosigned: eight bytes of time, then the signature. A line in the name of a witness
// that is not by its key makes the whole wrong.
async function cosigned(witnesses, { signatures, body }) {
  let count = 0;
  for (const witness of witnesses.split(" ")) {
    const [name, id, ...key] = witness.split("+");
    const line = signatures.find(signature => signature.name === name && signature.id === id);
    if (!line) continue;
    const time = new DataView(line.bytes.buffer, line.bytes.byteOffset).getBigUint64(0);
    if (!await verified(b64(key.join("+")).slice(1), line.bytes.slice(8), `cosignature/v1\ntime ${time}\n${body}`)) return -1;
    count += 1;
  }
  return count;
}

async function check({ leaf, leafHash: expected, proof, key, origin, witnesses, needed }) {
  const found = await leafHash(b64(leaf));
  const steps = [["leaf", hex(found) === expected, hex(found)]];
  const parsed = parse(proof);
  let root = new Uint8Array();
  try { root = await rootOf(parsed.index, parsed.size, found, parsed.path); } catch { /* The step below fails. */ }
  steps.push(["path", same(root, parsed.root), hex(parsed.root)]);
  const ours = parsed.signatures.find(signature => signature.name === origin);
  const signed = parsed.origin === origin && !!ours
    && await verified(b64(key), ours.bytes, parsed.body);
  steps.push(["log", signed, parsed.origin]);
  if (witnesses) {
    const count = await cosigned(witnesses, parsed);
    // Too few is no fault yet: the entry may be of this minute.
    steps.push(["witnesses", count >= 0 && (count >= Number(needed) || undefined), `${Math.max(0, count)}/${needed}`]);
  }
  return steps;
}

const panel = document.getElementById("proof");
const button = document.getElementById("verify");
if (panel && button && globalThis.crypto?.subtle) {
  const state = document.getElementById("verify-state");
  const tell = (good, words) => {
    state.className = "proof__state " + (good ? "is-ok" : good === false ? "is-bad" : "is-wait");
    state.textContent = (good ? "\u2713 " : good === false ? "\u2717 " : "\u2026 ") + words;
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const steps = await check(panel.dataset);
      for (const [name, good, shown] of steps) {
        const step = document.getElementById("step-" + name);
        const mark = step.querySelector(".mark");
        step.querySelector(".mono").textContent = shown;
        if (good === undefined) continue;
        mark.className = "mark " + (good ? "mark--y" : "mark--n");
        mark.textContent = good ? "\u2713" : "\u2717";
        mark.setAttribute("aria-label", good ? panel.dataset.yes : panel.dataset.no);
      }
      // The steps are about the entry. Where the page shows something else, the gateway says so here.
      const { changed } = panel.dataset;
      if (changed || steps.some(([, step]) => step === false)) tell(false, changed || panel.dataset.bad);
      else if (steps.some(([, step]) => step === undefined)) tell(undefined, panel.dataset.wait);
      else tell(true, panel.dataset.ok);
    } catch {
      tell(false, panel.dataset.changed || panel.dataset.unable);
    }
    button.disabled = false;
  });
}

// Keys. Every one is a link or a field of the page; who switched them off has none of them.
const find = selector => document.querySelector(selector);
const follow = selector => find(selector)?.click();
const rows = () => Array.from(document.querySelectorAll("main tbody tr"), row => row.querySelector("a[href]"))
  .filter(link => link?.checkVisibility());
function step(by) {
  const links = rows();
  const at = links.findIndex(link => link.closest("tr").contains(document.activeElement));
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next]?.focus();
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
    const list = document.getElementById("keys");
    list.open = true;
    list.querySelector("summary").focus();
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
const left = Number(document.body.dataset.left);
const ending = find("#session-end");
if (ending) {
  setTimeout(() => { ending.hidden = false; }, Math.max(0, left - 120) * 1000);
  ending.querySelector("a").addEventListener("click", () => { ending.hidden = true; });
}
