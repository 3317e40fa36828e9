// The keyboard, by where a key is (event.code) and not by its letter: Ukrainian and Latin layouts both work.

const LETTERS = {
  KeyJ: 'next', KeyK: 'previous', KeyU: 'trouble',
  KeyT: 'transfer', KeyL: 'listen', KeyS: 'say', KeyO: 'take', KeyX: 'hang',
  Digit1: 'live', Digit2: 'past', Digit3: 'ops', Digit4: 'health',
};
const REPEATING = new Set(['next', 'previous']); // a held key walks on; it never acts twice

/**
 * What a keydown means, or null.
 * key: {code, key, ctrl, meta, alt, repeat}; where: {field, choice, row, dialog, letters}: what the focus is in, and whether single letters are on
 */
export function commandOf(key, where) {
  if (key.key === 'Escape') return where.dialog ? null : 'escape';
  if (key.key === 'Enter') return (key.ctrl || key.meta || where.choice) && !key.repeat ? 'submit' : null;
  if (key.ctrl || key.meta || key.alt || where.field || where.dialog) return null;
  if (where.row && (key.code === 'ArrowDown' || key.code === 'ArrowUp')) return key.code === 'ArrowDown' ? 'next' : 'previous';
  if (!where.letters) return null;
  if (key.key === '?') return key.repeat ? null : 'help';
  const command = key.code === 'Slash' || key.key === '/' ? 'search' : LETTERS[key.code] ?? null;
  return key.repeat && !REPEATING.has(command) ? null : command;
}

const FIELD = 'input:not([type=checkbox]):not([type=radio]), textarea, select';

/** run(command) says whether it did something with it. */
export function installKeys(run, lettersOn) {
  addEventListener('keydown', event => {
    const target = event.target instanceof Element ? event.target : document.body;
    const where = {
      field: target.matches(FIELD),
      choice: target.matches('.opt input'),
      row: Boolean(target.closest('.row, .prow')),
      dialog: Boolean(document.querySelector('dialog[open]')),
      letters: lettersOn(),
    };
    const { code, key, ctrlKey: ctrl, metaKey: meta, altKey: alt, repeat } = event;
    const command = commandOf({ code, key, ctrl, meta, alt, repeat }, where);
    if (command && run(command, target)) event.preventDefault();
  });
}
