// What opens without a net: the looks, the form of a report and the directory as they were last seen.
"use strict";
const LOOKS = {{ looks|tojson }}, STATIC = {{ static|tojson }}, OFFLINE = {{ url_for("my.offline")|tojson }};
const HOME = {{ url_for("my.home")|tojson }}, REPORT = {{ url_for("my.report")|tojson }};
const DIRECTORY = {{ url_for("my.directory")|tojson }}, PLACES = {{ places|tojson }};
// Other looks make another store, and the old one goes; what was seen is of one person alone.
const OURS = "linli-", SHELL = `${OURS}${LOOKS.join(" ")}`, SEEN = `${OURS}seen`, OWNER = `${HOME}owner`;
const NOBODY = "0", MOST_ESTATES = 12;
const ANY = { ignoreVary: true }, ANY_VERSION = { ignoreVary: true, ignoreSearch: true };

addEventListener("install", event => event.waitUntil((async () => {
  await (await caches.open(SHELL)).addAll([OFFLINE, ...LOOKS]);
  await skipWaiting();
})()));

addEventListener("activate", event => event.waitUntil((async () => {
  const old = (await caches.keys()).filter(name => name.startsWith(OURS) && ![SHELL, SEEN].includes(name));
  await Promise.all(old.map(name => caches.delete(name)));
  await clients.claim();
  await refresh();
})()));

addEventListener("fetch", event => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (request.method !== "GET") return;
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
    event.waitUntil(keep(event.request, answer.clone()));
    return answer;
  } catch { return (await (await caches.open(SEEN)).match(event.request.url, ANY)) || Response.error(); }
}

// A page of somebody else, or of nobody, empties what was seen.
async function keep(request, answer) {
  const owner = answer.headers.get("Linli-Person");
  if (owner === null) return;
  const former = await (await caches.open(SEEN)).match(OWNER);
  if (former && await former.text() !== owner) await caches.delete(SEEN);
  if (owner === NOBODY) return;
  const seen = await caches.open(SEEN), { pathname, searchParams } = new URL(request.url);
  await seen.put(OWNER, new Response(owner));
  if (pathname === HOME) { await refresh(); return; }
  const isKept = pathname === REPORT || pathname.startsWith(PLACES) || (pathname === DIRECTORY && !searchParams.has("words"));
  if (!isKept || request.method !== "GET" || answer.status !== 200 || answer.redirected) return;
  const body = await answer.text(), headers = new Headers(answer.headers);
  headers.delete("Content-Encoding"); headers.delete("Content-Length");
  headers.set("Seen-At", new Date().toISOString());
  await seen.put(request.url, new Response(body, { headers }));
  if (pathname === REPORT) await keepPlaces(seen, body);
}

// The first page brings the others, so that they are there on the day when there is no net.
async function refresh() {
  try {
    await (await caches.open(SHELL)).add(OFFLINE);
    for (const path of [REPORT, DIRECTORY]) {
      const request = new Request(new URL(path, location.origin));
      await keep(request, await fetch(request));
    }
  } catch { /* the next time */ }
}

// The buildings of the first estates of the picker.
async function keepPlaces(seen, form) {
  const list = (form.split('name="estate"')[1] || "").split("</select>")[0];
  const ids = [...list.matchAll(/value="(\d+)"/g)].map(([, id]) => id).slice(0, MOST_ESTATES);
  for (const id of ids) {
    const request = new Request(new URL(`${PLACES}${id}/building`, location.origin));
    if (!await seen.match(request.url, ANY)) await keep(request, await fetch(request));
  }
}

async function lastSeen(request) {
  const seen = await caches.open(SEEN), { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || ![REPORT, DIRECTORY].includes(pathname)) return null;
  const copy = (await seen.match(request.url, ANY)) || (await seen.match(`${origin}${pathname}`, ANY));
  if (!copy) return null;
  const at = new Date(copy.headers.get("Seen-At")).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
  const said = `<p class="notice" role="status">现在没有网。这一页是 ${at} 看到的，可能有变化。</p>`;
  return new Response((await copy.text()).replace("<main>", `<main>\n${said}`), { headers: copy.headers });
}
