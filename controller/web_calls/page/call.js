// The page: one button, what state the call is in, and why it is not.
import { Level } from "./level.js";
import { Phone } from "./phone.js";
import { STRINGS } from "./strings.js";

const $ = (id) => document.getElementById(id);
const store = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } },
};

let language = store.get("lang") ?? (/^(uk|ru|be)/.test(navigator.language) ? "uk" : "en");
let phase = "idle"; // idle, asking, calling, talking, ended
let trouble = null;
let muted = false;
let phone = null;
let audio = null;
let levels = [];
let began = 0;
let ticking = 0;

const t = (key) => STRINGS[language][key] ?? key;

function show() {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  $("language").textContent = t("language").slice(0, 2);
  $("language").setAttribute("aria-label", t("language"));
  $("language").lang = language === "uk" ? "en" : "uk";
  document.querySelector("main").dataset.phase = phase;
  $("state").textContent = trouble ? "" : t(phase === "talking" && muted ? "state.muted" : `state.${phase}`);
  $("trouble").hidden = !trouble;
  $("trouble").textContent = trouble ? t(`trouble.${trouble}`) : "";
  const busy = phone !== null;
  $("call").textContent = t(!busy ? "call" : phase === "talking" ? "hang_up" : "cancel");
  $("call").classList.toggle("end", busy);
  $("call").classList.toggle("pri", !busy);
  $("talk").hidden = phase !== "talking";
  $("mute").textContent = t(muted ? "unmute" : "mute");
  $("mute").setAttribute("aria-pressed", String(muted));
}

function start() {
  audio ??= new AudioContext();
  audio.resume(); // by the click: a page that nobody touched may not sound
  trouble = null;
  muted = false;
  phone = new Phone({
    phase: (name) => {
      phase = name;
      if (name === "talking") startClock();
      show();
    },
    said: (stream) => levels.push(new Level(audio, stream, $("level-you"))),
    heard: (stream) => {
      $("voice").srcObject = stream;
      levels.push(new Level(audio, stream, $("level-agent")));
    },
    over: (why) => {
      for (const level of levels) level.close();
      levels = [];
      clearInterval(ticking);
      $("voice").srcObject = null;
      phone = null;
      phase = phase === "talking" || why ? "ended" : "idle";
      trouble = why;
      show();
    },
  });
  phone.call();
}

function startClock() {
  began = Date.now();
  const tick = () => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  tick();
  ticking = setInterval(tick, 500);
}

$("call").onclick = () => (phone ? phone.hangUp() : start());
$("mute").onclick = () => {
  muted = !muted;
  phone?.mute(muted);
  show();
};
$("human").onclick = () => phone?.press("0");
$("language").onclick = () => {
  language = language === "uk" ? "en" : "uk";
  store.set("lang", language);
  show();
};
document.addEventListener("keydown", (event) => {
  if (event.key === "0" && !event.ctrlKey && !event.metaKey && !event.altKey) phone?.press("0");
});
// The tab is closed or reloaded: the last that we can say is goodbye.
addEventListener("pagehide", () => phone?.hangUp());
show();
