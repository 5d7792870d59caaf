// Everything works without this file. It adds: dropping files, upload progress, live changes, the slider.
"use strict";

// --- the queue by keyboard: arrows go from line to line, space ticks, Enter on a link opens -------------

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = event.target;
  if (!step || !(at instanceof HTMLInputElement) || at.type !== "checkbox" || !at.closest(".to-decide")) return;
  const ticks = [...at.closest(".to-decide").querySelectorAll('input[type="checkbox"]')];
  const next = ticks[ticks.indexOf(at) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// --- files dropped, progress shown -------------------------------------------------------------

function swapIn(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const main = fresh.querySelector("main");
  const footer = fresh.querySelector("footer");
  if (!main) return false;
  document.title = fresh.title;
  document.querySelector("main").replaceWith(main);
  if (footer) document.querySelector("footer").replaceWith(footer); // the old one would be seen to jump
  const head = document.querySelector("main h1");
  if (head) {
    head.tabIndex = -1;
    head.focus();
  }
  window.scrollTo(0, 0);
  begin(document.querySelector("main"));
  return true;
}

function sendForm(form, submitter) {
  const told = form.querySelector(".progress");
  const body = new FormData(form);
  if (submitter && submitter.name) body.append(submitter.name, submitter.value);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.onprogress = (event) => {
    if (!event.lengthComputable) return;
    const share = Math.round((event.loaded / event.total) * 100);
    told.textContent = share < 100 ? `Đang gửi ${share} %…` : "Đã gửi xong, đang kiểm tra…";
  };
  const failed = () => {
    told.textContent = "Chưa gửi được: mất kết nối. Chưa ghi nhận gì; xin thử lại.";
    form.querySelectorAll("button").forEach((button) => (button.disabled = false));
  };
  request.onerror = failed;
  request.ontimeout = failed;
  request.onload = () => swapIn(request.responseText) || failed(); // a proxy in between answered
  form.querySelectorAll("button").forEach((button) => (button.disabled = true));
  told.textContent = "Đang gửi…";
  request.send(body);
}

function listen(form) {
  const drop = form.querySelector(".drop");
  const input = form.querySelector('input[type="file"]');
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendForm(form, event.submitter);
  });
  for (const name of ["dragenter", "dragover"])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

// --- what was chosen, in our words ---------------------------------------------------------------

function tellChosen(input) {
  const names = [...input.files].map((file) => file.name);
  const told = names.length > 1 ? `${names.length} tệp: ${names.join(", ")}` : names[0] || "";
  input.closest(".pick").querySelector(".chosen").textContent = told;
}

// --- live changes ------------------------------------------------------------------------------

async function refresh() {
  const answer = await fetch(location.href, { headers: { "x-live": "1" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (other && other.innerHTML !== part.innerHTML && !part.contains(document.activeElement))
      part.replaceWith(other);
  }
}

function watch() {
  if (!document.querySelector("[data-live]") || !window.EventSource) return;
  const source = new EventSource("/su-kien");
  source.addEventListener("change", refresh);
  addEventListener("pagehide", () => source.close());
}

// --- the slider --------------------------------------------------------------------------------

const two = (number) => String(number).padStart(2, "0");

function slide(form) {
  const range = form.querySelector('input[type="range"]');
  const shown = form.querySelector("output");
  const first = new Date(`${range.dataset.first}T00:00:00Z`);
  range.addEventListener("input", () => {
    const day = new Date(first.getTime() + Number(range.value) * 86400000);
    shown.textContent = `${two(day.getUTCDate())}/${two(day.getUTCMonth() + 1)}/${day.getUTCFullYear()}`;
    range.setAttribute("aria-valuetext", shown.textContent);
  });
  range.addEventListener("change", () => form.requestSubmit());
}

function begin(root) {
  root.querySelectorAll("form[data-upload]").forEach(listen);
  root.querySelectorAll(".pick input").forEach((input) => {
    input.addEventListener("change", () => tellChosen(input));
    tellChosen(input); // a page one came back to keeps its files
  });
}

begin(document);
document.querySelectorAll("form.slider").forEach(slide);
watch();
