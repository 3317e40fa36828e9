// Into the console: by a one-time code in the address's fragment, or by a token that one pastes.
//
// The code is posted and not fetched, so that a preview of the link does not use it up; it leaves the address before anything else happens.

import { get, send } from './api.js';
import { language, setLanguage, t } from './i18n.js';
import { html, nothing, render } from './lit.js';
import { refusalWords } from './naming.js';
import { recall, remember } from './remembered.js';

setLanguage(recall('lang') ?? (/^(uk|ru)\b/.test(navigator.language) ? 'uk' : 'en'));

const code = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, '', location.pathname);

const state = { trying: false, told: '' };

function draw() {
  document.documentElement.lang = language();
  document.title = t('login.title');
  render(html`<main class="login" id="main"><h1>${t('login.h')}</h1>
    ${state.told ? html`<p class="refusal" role="alert">${state.told}</p>` : nothing}
    ${state.trying && code ? html`<p role="status">${t('login.code')}</p>` : nothing}
    <form @submit=${submit}><label for="token">${t('login.token')}</label>
      <input id="token" name="token" type="password" autocomplete="current-password" spellcheck="false" required>
      <p class="muted">${t('login.p')}</p><pre>callctl token create NAME --role supervisor</pre>
      <div class="panel-a"><button class="btn pri" aria-disabled=${state.trying ? 'true' : nothing}>${t('login.go')}</button>
        <button type="button" class="btn quiet txt" aria-label=${t('lang')} @click=${switchLanguage}>${language() === 'uk' ? 'EN' : 'УК'}</button></div></form></main>`, document.getElementById('app'));
}

async function enter(body, refused) {
  Object.assign(state, { trying: true, told: '' });
  draw();
  const answer = await send('POST', 'session', body);
  if (answer.ok) { toConsole(); return; }
  state.trying = false;
  state.told = answer.status === 401 || answer.status === 403 || answer.status === 422 ? t(refused) : refusalWords(answer);
  draw();
  document.getElementById('token').focus();
}

function submit(event) {
  event.preventDefault();
  const token = event.target.elements.token.value.trim();
  if (token && !state.trying) enter({ token }, 'login.bad');
}

/** Where one wanted to go before the login; only ever a place within the console. */
function toConsole() {
  const wanted = recall('wanted', sessionStorage) ?? '';
  remember('wanted', '', sessionStorage);
  location.replace(`./${wanted.startsWith('#') ? wanted : ''}`);
}

function switchLanguage() {
  setLanguage(language() === 'uk' ? 'en' : 'uk');
  remember('lang', language());
  draw();
}

draw();
if (code) enter({ code }, 'login.used');
else if ((await get('me')).ok) toConsole();
else document.getElementById('token').focus();
