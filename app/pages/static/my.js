// What makes the resident's pages easier where scripts run; every form works without it.
"use strict";
document.documentElement.classList.add("scripted");

const DRAFT = `linli-draft-${WHO}`, LONGEST_SIDE = 1600;
const form = document.getElementById("report");
if (navigator.serviceWorker) navigator.serviceWorker.register("/p/my/worker.js").catch(() => { /* it helps where it can */ });

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
// Sent without a script of ours they travel small, too.
function carry(input, files) {
  try {
    const carried = new DataTransfer();
    files.forEach(file => carried.items.add(file));
    input.files = carried.files;
  } catch { /* an old browser sends what was picked */ }
}
for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", async () => {
    const list = input.form.querySelector("ul.shots");
    const kept = Promise.all([...input.files].map(smaller));
    shots.set(input.form, kept);
    const files = await kept;
    carry(input, files);
    list.replaceChildren(...files.map((file, index) => {
      const line = document.createElement("li"), image = document.createElement("img");
      image.src = URL.createObjectURL(file); image.alt = `选好的第 ${index + 1} 张照片`;
      line.append(image); return line;
    }));
    list.hidden = !files.length;
  });
}

// What was typed stays where it is, instead of going with a page that does not come.
addEventListener("submit", event => {
  if (navigator.onLine || event.target === form) return;
  event.preventDefault();
  tell("没有网，还没有交上。连上网再交一次。");
  document.getElementById("unsent").scrollIntoView();
});

if (form) {
  const { words, key, hidden } = form.elements, suggested = document.getElementById("suggested");
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), one => one.toString(16).padStart(2, "0")).join("");
  const saveDraft = () => store.set(DRAFT, { words: words.value, key: key.value, hidden: hidden.checked });

  // The draft: what was typed is there again after a call came in between.
  const draft = store.get(DRAFT);
  if (draft && !words.value) { words.value = draft.words; hidden.checked = Boolean(draft.hidden); }
  // The phone may show this page as it was kept, and two reports with one key were one.
  key.value = draft ? draft.key : newKey();
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });

  // What was refused for good is here to be said otherwise.
  const refused = unsent().find(one => one.refused);
  if (refused && !words.value) {
    words.value = field(refused, "words") || "";
    hidden.checked = field(refused, "hidden") === "1";
    form.elements.place.value = field(refused, "place") || "other";
    saveDraft(); forget(refused);
    tell(`没有交上：${refused.refused}您写的话在下面，改一改再交；照片请重新选。`);
  }

  let waiting;
  form.addEventListener("input", saveDraft);
  words.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(suggest, 500); });

  async function suggest() {
    if (words.value.trim().length < 4) { suggested.textContent = ""; return; }
    const body = new FormData();
    body.append("words", words.value); body.append("csrf_token", form.elements.csrf_token.value);
    const { said } = await ask(form.dataset.suggestion, { method: "POST", body });
    suggested.textContent = said && said.label
      ? `看起来是：${said.label}${said.words.length ? `（${said.words.join("、")}）` : ""}` : "";
  }

  function clear() {
    form.reset(); words.value = ""; key.value = newKey(); suggested.textContent = "";
    shots.delete(form); form.querySelector("ul.shots").hidden = true; store.drop(DRAFT);
  }

  async function leaveToWait(report, why) {
    const kept = await keep(report);
    if (kept === "nothing") { tell("没有交上，手机里也存不下。请别关这一页，连上网再交一次。"); return; }
    clear(); tellWaiting(why);
    if (kept === "words") document.getElementById("unsent").prepend("照片太大，手机里只存下了话。");
  }

  form.addEventListener("submit", async event => {
    if (event.submitter && event.submitter.name === "pick") return;
    event.preventDefault();
    const button = event.submitter || form.querySelector("button.main"), usual = button.textContent;
    button.disabled = true; button.textContent = "正在交，请等一下";
    const photos = await (shots.get(form) || Promise.resolve([]));
    const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token");
    const outcome = navigator.onLine ? await sendFrom(form, { fields, photos }) : { waits: "net" };
    if (outcome.said) { store.drop(DRAFT); location.assign(outcome.said.location); return; }
    if (outcome.waits) await leaveToWait({ fields, photos }, outcome.waits);
    else tell(`没有交上：${outcome.refused}`);
    document.getElementById("unsent").scrollIntoView();
    button.disabled = false; button.textContent = usual;
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
