// Who am I? Then the console; without a session, the login page.

import { App } from './app.js';
import { get } from './api.js';
import { Commands } from './commands.js';
import { setLanguage, t } from './i18n.js';
import { installKeys } from './keys.js';
import { html, render } from './lit.js';
import { refusalWords } from './naming.js';
import { recall, remember } from './remembered.js';

setLanguage(recall('lang') ?? (/^(uk|ru)\b/.test(navigator.language) ? 'uk' : 'en'));

async function begin() {
  const place = document.getElementById('app');
  const answer = await get('me');
  if (answer.ok) {
    render(html``, place);
    const app = new App(answer.body);
    const commands = new Commands(app);
    installKeys((command, target) => commands.run(command, target), () => app.ui.letters);
    app.start();
  } else if (answer.status === 401) {
    remember('wanted', location.hash, sessionStorage);
    location.replace('login');
  } else {
    render(html`<main id="main" class="empty"><h1>${t('failed', { why: refusalWords(answer) })}</h1><button type="button" class="btn" @click=${begin}>${t('retry')}</button></main>`, place);
  }
}

begin();
