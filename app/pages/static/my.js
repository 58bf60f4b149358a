// What makes the resident's pages easier where scripts run; every form works without it.
"use strict";
document.documentElement.classList.add("scripted");

// A phone may be shared: what one has written is nobody else's to send.
const WHO = document.documentElement.dataset.who;
const UNSENT = `linli-unsent-${WHO}`, DRAFT = `linli-draft-${WHO}`, LONGEST_SIDE = 1600;
const form = document.getElementById("report");
const unsentLine = document.getElementById("unsent");

// The phone's own store: full, or shut in private windows, it keeps nothing and nothing breaks.
const store = {
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); return true; } catch { return false; } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* it was never kept */ } },
};

function tell(words) { unsentLine.textContent = words; unsentLine.hidden = !words; }

// Places: the next list of the picker.
for (const select of document.querySelectorAll("select[data-next]")) {
  select.addEventListener("change", async () => {
    const inner = select.form.elements[select.dataset.next];
    for (let one = inner; one; one = select.form.elements[one.dataset.next]) {
      one.length = 1; one.closest("label").hidden = true;
    }
    if (!select.value) return;
    try {
      const answer = await fetch(`${select.form.dataset.places}${select.value}/${inner.name}`);
      const found = await answer.json();
      found.forEach(({ id, name }) => inner.add(new Option(name, id)));
      inner.closest("label").hidden = !found.length;
    } catch { /* without the net the words say where */ }
  });
}

// Photos: made smaller before they travel.
const shots = new WeakMap();
async function smaller(file) {
  if (!file.type.startsWith("image/")) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale); canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise(done => canvas.toBlob(done, "image/jpeg", 0.82));
    return made && made.size < file.size ? new File([made], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch { return file; }
}
for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", async () => {
    const list = input.form.querySelector("ul.shots");
    const kept = Promise.all([...input.files].map(smaller));
    shots.set(input.form, kept);
    const files = await kept;
    list.replaceChildren(...files.map((file, index) => {
      const line = document.createElement("li"), image = document.createElement("img");
      image.src = URL.createObjectURL(file); image.alt = `选好的第 ${index + 1} 张照片`;
      line.append(image); return line;
    }));
    list.hidden = !files.length;
  });
}

// Sending: with the key of its form, so that however often it is tried it arrives once.
const asText = file => new Promise(done => {
  const reader = new FileReader(); reader.onload = () => done(reader.result); reader.readAsDataURL(file);
});
const plain = body => [...body].filter(([name, value]) => typeof value === "string" && name !== "csrf_token");

async function send(body) {
  const answer = await fetch("/p/my/report", { method: "POST", body });
  if (answer.status >= 500) throw new Error("busy");
  return answer;
}
async function keep(body, files) {
  const fields = plain(body);
  const photos = await Promise.all(files.map(asText));
  return store.set(UNSENT, { fields, photos }) || store.set(UNSENT, { fields, photos: [] });
}
async function sendKept() {
  const kept = store.get(UNSENT);
  const token = document.querySelector("input[name=csrf_token]");
  if (!kept || !navigator.onLine || !token) return;
  const body = new FormData();
  kept.fields.forEach(([name, value]) => body.append(name, value));
  body.append("csrf_token", token.value);
  try {
    for (const text of kept.photos) body.append("photos", bytes(text), "photo.jpg");
    const answer = await send(body);
    if (answer.url.includes("/matters/")) {
      store.drop(UNSENT); store.drop(DRAFT);
      location.assign(answer.url);
    }
  } catch { tell("没有网，您说的事存在手机里，连上网会自动发出。"); }
}
function bytes(text) {
  const [head, code] = text.split(",");
  return new Blob([Uint8Array.from(atob(code), one => one.charCodeAt(0))], { type: head.slice(5).split(";")[0] });
}
addEventListener("online", sendKept);
if (store.get(UNSENT)) { tell("上回说的事还没发出去，正在发。"); sendKept(); }

if (form) {
  const words = form.elements.words, suggested = document.getElementById("suggested");

  // The draft: what was typed is there again after a call came in between.
  const draft = store.get(DRAFT);
  if (draft && !words.value) { words.value = draft.words; form.elements.key.value = draft.key; }
  let waiting;
  words.addEventListener("input", () => {
    store.set(DRAFT, { words: words.value, key: form.elements.key.value });
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 500);
  });

  async function suggest() {
    if (words.value.trim().length < 4) { suggested.textContent = ""; return; }
    const body = new FormData();
    body.append("words", words.value); body.append("csrf_token", form.elements.csrf_token.value);
    try {
      const found = await (await fetch(form.dataset.suggestion, { method: "POST", body })).json();
      suggested.textContent = found.label
        ? `看起来是：${found.label}${found.words.length ? `（${found.words.join("、")}）` : ""}` : "";
    } catch { suggested.textContent = ""; }
  }

  form.addEventListener("submit", async event => {
    if (event.submitter && event.submitter.name === "pick") return;
    event.preventDefault();
    const button = event.submitter || form.querySelector("button.main"), usual = button.textContent;
    button.disabled = true; button.textContent = "正在交，请等一下";
    const body = new FormData(form), files = await (shots.get(form) || Promise.resolve([]));
    body.delete("photos");
    files.forEach(file => body.append("photos", file, file.name));
    try {
      if (!navigator.onLine) throw new Error("no net");
      const answer = await send(body);
      if (answer.url.includes("/matters/")) store.drop(DRAFT);
      if (answer.redirected) { location.assign(answer.url); return; }
      tell("没有发成。请看看有没有写是什么事，照片是不是太多。");
    } catch {
      await keep(body, files);
      tell("没有网，您说的事存在手机里，连上网会自动发出。");
    }
    button.disabled = false; button.textContent = usual;
    unsentLine.scrollIntoView({ block: "center" });
  });

  // The voice, where the browser understands it.
  const Listening = window.SpeechRecognition || window.webkitSpeechRecognition;
  const speak = document.getElementById("speak");
  if (Listening) {
    speak.hidden = false;
    document.getElementById("keyboard").hidden = true;
    speak.addEventListener("click", () => {
      const listening = new Listening();
      listening.lang = "zh-CN";
      speak.textContent = "请说，我在听"; speak.disabled = true;
      listening.onresult = heard => {
        words.value += heard.results[0][0].transcript;
        words.dispatchEvent(new Event("input"));
      };
      listening.onerror = () => { document.getElementById("keyboard").hidden = false; };
      listening.onend = () => { speak.textContent = "按一下，说话"; speak.disabled = false; };
      listening.start();
    });
  }
}
