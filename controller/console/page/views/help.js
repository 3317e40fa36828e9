// What the keys do, whether single letters do anything, and the way out.

import { html } from '../lit.js';
import { t } from '../i18n.js';
import { icon } from './icon.js';

const KEYS = [['J K', 'k.jk'], ['U', 'k.u'], ['T', 'k.t'], ['L', 'k.l'], ['S', 'k.s'], ['O', 'k.o'], ['X', 'k.x'], ['/', 'k.slash'], ['1 2 3 4', 'k.g'], ['Esc', 'k.esc'], ['?', 'k.q']];

export const help = app => html`<dialog id="help" aria-labelledby="h-help"><div class="dlg-h"><h2 id="h-help">${t('k.h')}</h2><button type="button" class="btn ico quiet" data-close aria-label=${t('k.close')} @click=${() => app.closeHelp()}>${icon('x')}</button></div>
  <dl class="keys">${KEYS.map(([keys, words]) => html`<div><dt>${keys.split(' ').map(key => html`<kbd>${key}</kbd>`)}</dt><dd>${t(words)}</dd></div>`)}</dl>
  <p class="muted">${t('k.note')}</p><label class="chk"><input type="checkbox" id="keys-on" .checked=${app.ui.letters} @change=${event => app.setLetters(event.target.checked)}> ${t('k.off')}</label>
  <p class="muted out-row"><button type="button" class="btn" id="logout" @click=${() => app.logOut()}>${app.ui.me.person ? t('logout.as', { name: app.ui.me.person }) : t('logout')}</button></p></dialog>`;
