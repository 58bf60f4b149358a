// Reports on their way: sent with the key of their form, so that however often, they arrive once.
"use strict";

// A phone may be shared: what one has written is nobody else's to send.
const WHO = document.documentElement.dataset.who;
const UNSENT = `linli-unsent-${WHO}`, LATER_MS = 60_000, PATIENCE_MS = 120_000;
const AT = { report: "/p/my/report", token: "/p/my/form-token", door: "/p/my/sign-in", matters: "/p/my/matters" };
const WAITS = {
  net: "没有网，您说的事存在手机里，连上网会自动发出。",
  busy: "系统正忙，您说的事存在手机里，过一会儿会自动再发。",
  door: "登录过期了。您说的事存在手机里，登录以后会自动发出。",
  other: "",
};

// The phone's own store: full, or shut in private windows, it keeps nothing and nothing breaks.
const store = {
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); return true; } catch { return false; } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* it was never kept */ } },
};

const unsent = () => [store.get(UNSENT) || []].flat();
const field = (report, name) => (report.fields.find(([one]) => one === name) || [])[1];
const others = report => unsent().filter(one => field(one, "key") !== field(report, "key"));
const forget = report => store.set(UNSENT, others(report));

function tell(words, to = "", label = "") {
  const line = document.getElementById("unsent");
  line.textContent = words; line.hidden = !words;
  if (!to) return;
  const link = document.createElement("a");
  link.href = to; link.textContent = label; link.className = "button wide";
  line.append(link);
}

function tellWaiting(why) {
  tell(WAITS[why], why === "door" ? AT.door : "", "去登录");
  if (why === "busy") setTimeout(sendUnsent, LATER_MS);
}

// What was said to a request, what it was refused for, or why it must wait.
async function ask(address, given) {
  const patience = new AbortController(), timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  let answer;
  try { answer = await fetch(address, { headers: { Accept: "application/json" }, signal: patience.signal, ...given }); }
  catch { return { waits: "net" }; } finally { clearTimeout(timer); }
  if (answer.status === 401) return { waits: "door" };
  if ([408, 425, 429].includes(answer.status) || answer.status >= 500) return { waits: "busy" };
  if (!answer.ok) return { refused: await reason(answer), status: answer.status };
  // What stands between the phone and the net may answer in our place.
  try { return { said: await answer.json() }; } catch { return { waits: "net" }; }
}

async function reason(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const words = page.querySelector(".problem") || page.querySelector("section p");
  return words ? words.textContent.trim() : "照片可能太大，请少选几张。";
}

function post(report, token) {
  const body = new FormData();
  report.fields.forEach(([name, value]) => body.append(name, value));
  report.photos.forEach(file => body.append("photos", file, "photo.jpg"));
  body.append("csrf_token", token);
  return ask(AT.report, { method: "POST", body });
}

async function send(report) {
  const own = await ask(AT.token);
  if (!own.said) return { waits: own.waits || "busy" };
  return String(own.said.who) === WHO ? post(report, own.said.token) : { waits: "other" };
}

// A page that stood open for long, or that the phone kept, has the token of an earlier sign-in.
async function sendFrom(form, report) {
  const outcome = await post(report, form.elements.csrf_token.value);
  return outcome.status === 400 ? send(report) : outcome;
}

// How much of it the phone could keep: all, its words alone, or nothing.
async function keep({ fields, photos }) {
  const texts = await Promise.all(photos.map(asText)), before = others({ fields });
  if (store.set(UNSENT, [...before, { fields, photos: texts }])) return "all";
  return store.set(UNSENT, [...before, { fields, photos: [] }]) ? "words" : "nothing";
}

let isSending = false;
async function sendUnsent() {
  const waiting = unsent().filter(one => !one.refused);
  if (isSending || !waiting.length) return;
  isSending = true;
  tell("上回说的事还没发出去，正在发。");
  try { await sendAll(waiting); } finally { isSending = false; }
}

async function sendAll(waiting) {
  const arrived = [];
  for (const report of waiting) {
    const outcome = await send({ ...report, photos: report.photos.map(asFile) });
    if (outcome.waits) { tellWaiting(outcome.waits); return; }
    if (outcome.said) { forget(report); arrived.push(outcome.said.location); }
    // For good: it is the person's again, to be said otherwise.
    else store.set(UNSENT, [...others(report), { ...report, photos: [], refused: outcome.refused }]);
  }
  if (unsent().some(one => one.refused)) tellRefused();
  else if (arrived.length === 1 && !isWriting()) location.assign(arrived[0]);
  else tell(`发出去了 ${arrived.length} 件。`, AT.matters, "去看看");
}

function isWriting() {
  const words = document.getElementById("words");
  return Boolean(words && words.value.trim());
}

function tellRefused() {
  const [first] = unsent().filter(one => one.refused);
  if (first) tell(`有一件事没有交上：${first.refused}您写的话还在。`, AT.report, "改一改，再交");
}

const asText = file => new Promise(done => {
  const reader = new FileReader(); reader.onload = () => done(reader.result); reader.readAsDataURL(file);
});

function asFile(text) {
  const [head, code] = text.split(",");
  return new Blob([Uint8Array.from(atob(code), one => one.charCodeAt(0))], { type: head.slice(5).split(";")[0] });
}

addEventListener("online", sendUnsent);
tellRefused();
sendUnsent();
