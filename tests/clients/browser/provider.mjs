// A real OpenID provider, for the tests of the second factor: oidc-provider, certified by the OpenID
// Foundation. Who logs in says in a form who they are and by which method, as no real login would.
//
// Arguments: its certificate and key (PEM), the id and the secret of its one client, and the address to
// come back to. Prints its issuer when it serves.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = join(process.env.KETENPOORT_TEST_NODE, "node_modules");
const { Provider, interactionPolicy } = await import(
  pathToFileURL(join(packages, "oidc-provider/lib/index.js"))
);

const [certificate, key, clientId, clientSecret, back] = process.argv.slice(2);
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
const issuer = `https://localhost:${server.address().port}`;

// Without these checks it gives what was said, also where another method was demanded: it is for the
// console to refuse that.
const policy = interactionPolicy.base();
for (const check of ["essential_acrs", "essential_acr", "max_age"]) {
  policy.get("login").checks.remove(check);
}

const provider = new Provider(issuer, {
  acrValues: ["urn:example:one", "urn:example:two"],
  claims: { acr: null, auth_time: null, iss: null, openid: ["sub", "preferred_username", "oin"] },
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [back],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }],
  conformIdTokenClaims: true,
  cookies: { keys: ["only for tests"] },
  features: { claimsParameter: { enabled: true }, devInteractions: { enabled: false } },
  interactions: { policy, url: (_, interaction) => `/login/${interaction.uid}` },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => {
      const [user, oin] = id.split(" ");
      return { sub: id, preferred_username: user, oin };
    },
  }),
  // Nobody is asked whether the console may know who they are.
  loadExistingGrant: async context => {
    const { oidc } = context;
    const grant = new provider.Grant({ clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid");
    grant.addOIDCClaims(["preferred_username", "oin", "acr", "auth_time"]);
    await grant.save();
    return grant;
  },
});
provider.on("server_error", (_, error) => console.error(error));

const answer = provider.callback();
const form = uid => `<!doctype html><html lang="en"><title>Log in</title><h1>Log in</h1>
  <form method="post" action="/login/${uid}">
  <label>Number <input name="user"></label>
  <label>Organisation <input name="oin"></label>
  <label>Method <input name="acr" value="urn:example:two"></label>
  <button name="way" value="in">Log in</button><button name="way" value="back">Back</button></form>`;

async function fields(request) {
  let body = "";
  for await (const piece of request) body += piece;
  return new URLSearchParams(body);
}

async function login(request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    response.writeHead(200, { "content-type": "text/html" }).end(form(uid));
    return;
  }
  const said = await fields(request);
  const result = said.get("way") === "back"
    ? { error: "access_denied" }
    : { login: {
      accountId: `${said.get("user")} ${said.get("oin")}`,
      acr: said.get("acr"),
      ts: Math.floor(Date.now() / 1000) - Number(said.get("ago") ?? 0),
    } };
  await provider.interactionFinished(request, response, result);
}

server.on("request", (request, response) => {
  if (!request.url.startsWith("/login/")) return answer(request, response);
  login(request, response).catch(error => {
    console.error(error);
    response.writeHead(500).end();
  });
});
console.log(issuer);
