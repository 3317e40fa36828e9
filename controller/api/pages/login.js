// A token, or a one-time link's code from behind the #, for a session. Nothing of the address but that code is used: where it leads
// afterwards is fixed.
const AFTER = "/console";
const TOLD = {
  unauthorized: "Токен або посилання вже не діє. / This token or link is not valid any more.",
  rate_limited: "Забагато спроб, зачекайте хвилину. / Too many attempts, wait a minute.",
  database_away: "Записи зараз недоступні, спробуйте за мить. / The records are away, try again in a moment.",
};
const told = document.querySelector("#told");

async function open(link, token) {
  told.textContent = "";
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    const answer = await fetch("/api/v1/session", { method: "POST", headers, body: JSON.stringify({ link }), credentials: "same-origin" });
    if (answer.ok) return location.replace(AFTER);
    const problem = await answer.json();
    told.textContent = TOLD[problem.code] ?? problem.title;
  } catch {
    told.textContent = "Сервер не відповідає. / The server does not answer.";
  }
}

document.querySelector("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.elements.token;
  open("", field.value.trim());
  field.value = "";
});

const link = location.hash.slice(1);
if (link) {
  history.replaceState(null, "", location.pathname);
  open(link, "");
}
