// The chat page: sends what is typed and tapped, and draws what arrives.
"use strict";

const who = document.body.dataset.who;
const scroll = document.getElementById("scroll");
const bubbles = document.getElementById("bubbles");
const text = document.getElementById("text");
const status = document.getElementById("status");
const behind = document.getElementById("behind");
const menu = document.getElementById("menu");
let lastId = Number(document.body.dataset.lastId);
let refreshing = null;

const POLL_MS = 1000;

async function call(path, body, method = "POST") {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const report = await answer.json();
  if (!answer.ok) throw new Error(report.error || answer.status);
  return report;
}

function toast(words) {
  const line = document.getElementById("toast");
  line.textContent = words;
  line.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => line.classList.remove("shown"), 4000);
}

function toBottom() {
  scroll.scrollTop = scroll.scrollHeight;
}

function replaceIfChanged(element, html) {
  if (element.dataset.html === html) return;
  const open = [...element.querySelectorAll("[data-keep][open]")].map((d) => d.dataset.keep);
  element.innerHTML = html;
  element.dataset.html = html;
  open.forEach((name) => { element.querySelector(`[data-keep="${name}"]`).open = true; });
}

function showUnread(unread) {
  let elsewhere = 0;
  document.querySelectorAll(".people nav a").forEach((link) => {
    const n = link.dataset.openid === who ? 0 : unread[link.dataset.openid] || 0;
    const badge = link.querySelector(".unread");
    badge.hidden = n === 0;
    badge.firstElementChild.textContent = n;
    elsewhere += n;
  });
  document.getElementById("elsewhere").hidden = elsewhere === 0;
}

async function draw() {
  const news = await call(`/changes?who=${encodeURIComponent(who)}&after=${lastId}`, null, "GET");
  if (news.last_id > lastId) {
    const atBottom = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
    const mine = news.html.includes("message mine");
    lastId = news.last_id;
    document.getElementById("empty")?.remove();
    bubbles.insertAdjacentHTML("beforeend", news.html);
    if (atBottom || mine) toBottom();
  }
  status.textContent = news.typing ? "对方正在输入…" : status.dataset.idle;
  if (!menu.contains(document.activeElement) && !menu.querySelector(".sheet:not([hidden])")) {
    replaceIfChanged(menu, news.menu);
  }
  if (!behind.contains(document.activeElement) || document.activeElement.tagName === "SUMMARY") {
    const focused = document.activeElement.closest?.("[data-keep]")?.dataset.keep;
    replaceIfChanged(behind, news.behind);
    if (focused) behind.querySelector(`[data-keep="${focused}"] summary`)?.focus();
  }
  showUnread(news.unread);
}

// One refresh at a time, so that no message is drawn twice.
function refresh() {
  refreshing ??= draw().catch(() => {}).finally(() => { refreshing = null; });
  return refreshing;
}

async function act(action, given = {}) {
  const done = call(`/sandbox/people/${encodeURIComponent(who)}/${action}`, given);
  setTimeout(refresh, 80);
  try {
    await done;
  } catch (error) {
    toast(`没有发出：${error.message}`);
  }
  await refresh();
  await refresh();
}

function say(words, menuId = "") {
  return act("say", { text: words, menu_id: menuId });
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 132)}px`;
}

document.getElementById("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  grow();
  text.focus();
  say(words);
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    document.getElementById("say").requestSubmit();
  }
});

function setDrawer(id, open) {
  const drawer = document.getElementById(id);
  const opener = document.querySelector(`[data-open="${id}"]`);
  drawer.classList.toggle("open", open);
  opener.setAttribute("aria-expanded", open);
  document.getElementById("veil").hidden = !open;
  document.querySelector("main").inert = open;
  (open ? drawer.querySelector("[data-close]") : opener).focus();
}

function closeAll() {
  document.querySelectorAll(".people.open, .panel.open").forEach((d) => setDrawer(d.id, false));
  document.querySelectorAll(".sheet").forEach((sheet) => {
    sheet.hidden = true;
    sheet.previousElementSibling.setAttribute("aria-expanded", false);
  });
}

document.getElementById("find").addEventListener("input", (event) => {
  const words = event.target.value.trim();
  document.querySelectorAll(".people nav a").forEach((link) => {
    link.hidden = !link.querySelector(".who").textContent.includes(words);
  });
});

const tray = document.getElementById("tray");
document.getElementById("more")?.addEventListener("click", (event) => {
  tray.hidden = !tray.hidden;
  event.currentTarget.setAttribute("aria-expanded", !tray.hidden);
  toBottom();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeAll();
});
document.getElementById("veil").addEventListener("click", closeAll);

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  const data = target?.dataset || {};
  const sheet = "sub" in data ? target.nextElementSibling : null;
  const wasHidden = sheet?.hidden;
  if (!target?.closest(".people, .panel")) closeAllSheets(sheet);
  if (sheet) {
    sheet.hidden = !wasHidden;
    target.setAttribute("aria-expanded", wasHidden);
  } else if (data.open) setDrawer(data.open, true);
  else if (data.close) setDrawer(data.close, false);
  else if (data.send) say(data.send, data.menuId || "");
  else if (data.click) act("click", { key: data.click });
  else if (data.view) act("view", { url: data.view });
  else if ("cancel" in data) target.closest("dialog").close();
  else if ("photo" in data) document.getElementById("photo").click();
  else if (data.page) act("event", { name: "view_miniprogram", fields: { EventKey: data.page, MenuId: 1 } });
  else if (data.dialog) document.getElementById(data.dialog).showModal();
  else if (data.job) fire(target, data.job);
  else if (data.act) act(data.act).then(() => data.then === "reload" && location.reload());
});

function closeAllSheets(except) {
  document.querySelectorAll(".sheet").forEach((sheet) => {
    if (sheet === except) return;
    sheet.hidden = true;
    sheet.previousElementSibling.setAttribute("aria-expanded", false);
  });
}

async function fire(button, name) {
  const report = document.getElementById("job-report");
  const at = document.getElementById("job-at").value;
  button.disabled = true;
  report.textContent = "正在运行…";
  try {
    const done = await call(`/sandbox/jobs/${encodeURIComponent(name)}`, { at: at ? `${at}:00+08:00` : null });
    report.textContent = `${button.textContent}：${done.status} ${done.detail || ""}`;
  } catch (error) {
    report.textContent = `没有运行：${error.message}`;
  }
  button.disabled = false;
  refresh();
}

// What a dialog's form sends, by action.
const given = {
  voice: (form) => ({ recognition: form.silent.checked ? null : form.recognition.value }),
  location: (form) => ({ label: form.label.value, latitude: form.latitude.value, longitude: form.longitude.value }),
  scan: (form) => ({ scene: form.scene.value }),
  consent: (form) => ({ answers: { [form.template_id.value]: form.reject.checked ? "reject" : "accept" } }),
};
document.querySelectorAll("dialog form").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "send") act(form.dataset.act, given[form.dataset.act](form.elements));
  });
});

document.getElementById("photo")?.addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const reader = new FileReader();
  reader.onload = () => act("photo", { content: reader.result.split(",")[1] });
  reader.readAsDataURL(file);
  event.target.value = "";
});

document.querySelectorAll("form[data-json]").forEach((form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const numbers = ["value", "times", "advance"];
    const body = Object.fromEntries([...new FormData(form)].map(([name, value]) => [
      name, numbers.includes(name) ? (value === "" ? null : Number(value)) : value]));
    try {
      await call(form.dataset.json, body);
      toast("好了");
    } catch (error) {
      toast(`没有成功：${error.message}`);
    }
    refresh();
  });
});
document.getElementById("clear-faults").addEventListener("click", async () => {
  await call("/sandbox/faults", null, "DELETE");
  toast("故障已清除");
  refresh();
});
document.getElementById("newcomer").addEventListener("click", async () => {
  const person = await call("/sandbox/people", {});
  await call(`/sandbox/people/${encodeURIComponent(person.openid)}/subscribe`, {});
  window.location.search = `?who=${encodeURIComponent(person.openid)}`;
});

toBottom();
if (who) {
  refresh();
  setInterval(() => { if (!document.hidden) refresh(); }, POLL_MS);
}
