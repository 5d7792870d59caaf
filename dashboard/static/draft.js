// The desk of a draft works without this file. It adds: a row lights its sentence and the other way round, how
// many questions are left while one answers, answers kept while one looks elsewhere, names from the directory,
// how long a document has been read, Ctrl+Enter and Ctrl+Z.
"use strict";

const desk = document.querySelector(".desk");
const answers = document.querySelector("form[data-answers]");

// --- a row and its sentence ---------------------------------------------------------------------------

function passageOf(row) {
  return document.getElementById(row.dataset.passage);
}

// Within its own column: the page itself must not move under a finger that is about to click.
function bring(one) {
  const column = one.closest("section");
  const seen = column.getBoundingClientRect();
  const here = one.getBoundingClientRect();
  if (here.top < seen.top + 48) column.scrollTop += here.top - seen.top - 48;
  else if (here.bottom > seen.bottom) column.scrollTop += here.bottom - seen.bottom + 48;
}

function light(rows, passage, follow) {
  desk.querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));
  for (const one of [...rows, passage]) if (one) one.classList.add("lit");
  if (follow) bring(follow);
}

function lightFrom(target, follow) {
  if (!(target instanceof Element)) return;
  const row = target.closest(".owed > li");
  const passage = target.closest(".document > div");
  if (row) light([row], passageOf(row), follow && passageOf(row));
  else if (passage) {
    const rows = [...desk.querySelectorAll(`[data-passage="${passage.id}"]`)];
    if (rows.length) light(rows, passage, follow && rows[0]);
  }
}

if (desk) {
  desk.addEventListener("mouseover", (event) => lightFrom(event.target, false));
  desk.addEventListener("focusin", (event) => lightFrom(event.target, true));
  desk.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, input, select, textarea, summary")) lightFrom(event.target, true);
  });
  lightFrom(document.querySelector(".desk :target"), true); // the page was opened at a row
}

// --- questions: how many are left, and what was typed stays --------------------------------------------

function answered(fieldset) {
  const typed = fieldset.querySelector('[name^="khac-"]');
  return Boolean(fieldset.querySelector("input:checked") || (typed && typed.value.trim()));
}

function tellLeft() {
  const all = [...answers.querySelectorAll("fieldset")];
  const left = all.filter((one) => !answered(one)).length;
  answers.querySelector("[data-left]").textContent = left ? `còn ${left} câu trên trang này` : "đã trả lời hết các câu trên trang này";
}

const kept = answers && `dondoc-soan-${answers.dataset.answers}`;

function keep() {
  const said = {};
  for (const [name, value] of new FormData(answers)) if (/^(hoi|khac)-/.test(name) && value) said[name] = value;
  sessionStorage.setItem(kept, JSON.stringify(said));
  tellLeft();
}

function bringBack() {
  const said = JSON.parse(sessionStorage.getItem(kept) || "{}");
  for (const field of answers.querySelectorAll('[name^="hoi-"], [name^="khac-"]')) {
    if (!(field.name in said)) continue;
    if (field.type === "radio") field.checked ||= field.value === said[field.name];
    else if (field.type !== "hidden" && !field.value) field.value = said[field.name];
  }
}

if (answers && answers.querySelector("[data-left]")) {
  bringBack();
  tellLeft();
  answers.addEventListener("input", keep);
  answers.addEventListener("submit", () => sessionStorage.removeItem(kept)); // refused, the page gives them back
}

// --- a document on its way ------------------------------------------------------------------------------

const reading = document.querySelector("form[data-reading]");
let ticking;

function tellReading() {
  const began = Date.now();
  const told = reading.querySelector("[data-told]");
  const tell = () => {
    const seconds = Math.round((Date.now() - began) / 1000);
    told.textContent = seconds < 2 ? "Đang gửi và đọc…" : `Đang đọc văn bản, ${seconds} giây; tệp dài đọc tới 30 giây.`;
  };
  tell();
  ticking = setInterval(tell, 1000);
}

if (reading) {
  reading.addEventListener("submit", tellReading);
  // one who comes back to the page waits for nothing any more
  addEventListener("pageshow", () => {
    clearInterval(ticking);
    reading.querySelector("[data-told]").textContent = "";
  });
}

// --- names from the directory --------------------------------------------------------------------------

for (const picker of document.querySelectorAll(".picker:enabled")) {
  const names = picker.closest(".field").querySelector("textarea");
  const known = new Set([...document.querySelectorAll("#co-quan option")].map((one) => one.value));
  const add = () => {
    if (!known.has(picker.value)) return false;
    names.value = [...names.value.split("\n").filter((line) => line.trim()), picker.value].join("\n");
    names.rows = Math.min(names.value.split("\n").length + 1, 8);
    picker.value = "";
    names.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };
  picker.addEventListener("input", (event) => event.inputType !== "insertText" && event.inputType !== "deleteContentBackward" && add());
  picker.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), add()));
  picker.addEventListener("change", add);
}

// --- keyboard --------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey)) return;
  const form = event.target.form || event.target.closest("form");
  if (event.key === "Enter" && form && form.method === "post") {
    event.preventDefault();
    form.requestSubmit();
  }
  const writing = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  const back = document.querySelector(".step-back");
  if (event.key === "z" && !event.shiftKey && !writing && back) {
    event.preventDefault();
    back.requestSubmit();
  }
});
