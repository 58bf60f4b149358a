// What opens without a net: the looks, the form of a report and the directory as they were last seen.
"use strict";
const LOOKS = {{ looks|tojson }}, STATIC = {{ static|tojson }}, OFFLINE = {{ url_for("my.offline")|tojson }};
const HOME = {{ url_for("my.home")|tojson }}, REPORT = {{ url_for("my.report")|tojson }};
const DIRECTORY = {{ url_for("my.directory")|tojson }}, PLACES = {{ places|tojson }};
// Other looks make another store, and the old one goes; what was seen is of one person alone.
const OURS = "linli-", SHELL = `${OURS}${LOOKS.join(" ")}`, SEEN = `${OURS}seen`, OWNER = `${HOME}owner`;
const PERSON = {{ person|tojson }}, NOBODY = {{ nobody|tojson }}, MOST_ESTATES = 4;
const ANY = { ignoreVary: true }, ANY_VERSION = { ignoreVary: true, ignoreSearch: true };

addEventListener("install", event => event.waitUntil((async () => {
  await (await caches.open(SHELL)).addAll([OFFLINE, ...LOOKS]);
  await skipWaiting();
})()));

addEventListener("activate", event => event.waitUntil((async () => {
  const old = (await caches.keys()).filter(name => name.startsWith(OURS) && ![SHELL, SEEN].includes(name));
  await Promise.all(old.map(name => caches.delete(name)));
  await clients.claim();
  try { await keep(...await bring(HOME)); } catch { /* the next time */ }
})()));

addEventListener("fetch", event => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  // Forms go their own way: some phones lose the photos of one that a worker passes on.
  if (origin !== location.origin || request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (pathname.startsWith(STATIC)) event.respondWith(look(request));
  else if (pathname.startsWith(PLACES)) event.respondWith(places(event));
});

async function page(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keep(event.request, answer.clone()));
    return answer;
  } catch {
    return (await lastSeen(event.request)) || (await caches.match(OFFLINE, ANY)) || Response.error();
  }
}

async function look(request) {
  const kept = await caches.match(request, ANY);
  if (kept) return kept;
  try { return await fetch(request); } catch { return (await caches.match(request, ANY_VERSION)) || Response.error(); }
}

async function places(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keepCopy(event.request, answer.clone()));
    return answer;
  } catch { return (await (await caches.open(SEEN)).match(event.request.url, ANY)) || Response.error(); }
}

async function ownerSeen() {
  const owner = await (await caches.open(SEEN)).match(OWNER);
  return owner ? owner.text() : NOBODY;
}

// A page of somebody else, or of nobody, empties what was seen.
async function keep(request, answer) {
  const owner = answer.headers.get(PERSON);
  if (owner === null) return;
  if (owner === NOBODY || await ownerSeen() !== owner) await caches.delete(SEEN);
  if (owner === NOBODY) return;
  await (await caches.open(SEEN)).put(OWNER, new Response(owner));
  if (new URL(request.url).pathname === HOME) await refresh();
  else await keepCopy(request, answer);
}

// Of who is here now: a copy that was asked for before somebody signed out may come after.
async function keepCopy(request, answer) {
  const { pathname, searchParams } = new URL(request.url);
  const isKept = pathname === REPORT || pathname.startsWith(PLACES) || (pathname === DIRECTORY && !searchParams.has("words"));
  if (!isKept || answer.status !== 200 || answer.redirected) return;
  const body = await answer.text(), headers = new Headers(answer.headers);
  if (headers.get(PERSON) !== await ownerSeen()) return;
  headers.delete("Content-Encoding"); headers.delete("Content-Length");
  headers.set("Seen-At", new Date().toISOString());
  const seen = await caches.open(SEEN);
  await seen.put(request.url, new Response(body, { headers }));
  if (pathname === REPORT) await keepPlaces(seen, body);
}

async function bring(path) {
  const request = new Request(new URL(path, location.origin));
  return [request, await fetch(request)];
}

// The first page brings the others, so that they are there on the day when there is no net.
async function refresh() {
  try {
    await (await caches.open(SHELL)).add(OFFLINE);
    for (const path of [REPORT, DIRECTORY]) await keepCopy(...await bring(path));
  } catch { /* the next time */ }
}

// The buildings of the first estates of the picker.
async function keepPlaces(seen, form) {
  const list = (form.split('name="estate"')[1] || "").split("</select>")[0];
  const ids = [...list.matchAll(/value="(\d+)"/g)].map(([, id]) => id).slice(0, MOST_ESTATES);
  for (const path of ids.map(id => `${PLACES}${id}/building`)) {
    if (!await seen.match(path, ANY)) await keepCopy(...await bring(path));
  }
}

async function lastSeen(request) {
  const seen = await caches.open(SEEN), { origin, pathname } = new URL(request.url);
  if (![REPORT, DIRECTORY].includes(pathname)) return null;
  const copy = (await seen.match(request.url, ANY)) || (await seen.match(`${origin}${pathname}`, ANY));
  // A copy that was written while its owner signed out is nobody's to see.
  if (!copy || copy.headers.get(PERSON) !== await ownerSeen()) return null;
  const at = new Date(copy.headers.get("Seen-At")).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
  const more = pathname === REPORT ? "照样能写，有网了会自动发出。" : "";
  const said = `<p class="notice" role="status">现在没有网。这一页是 ${at} 看到的，可能有变化。${more}</p>`;
  return new Response((await copy.text()).replace("<main>", `<main>\n${said}`), { headers: copy.headers });
}
