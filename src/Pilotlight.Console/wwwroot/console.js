// What the keyboard and the scroll position want at once, without a way to the server and back.

export { attaching } from './files.js';
export { workspace } from './workspace.js';

export function theme() {
  return document.documentElement.dataset.theme;
}

export function setTheme(name) {
  localStorage.setItem('pilotlight-theme', name);
  document.documentElement.dataset.theme = name;
}

// Attributes, not classes: those are the server's to set, and it would take ours away.
// The composer: Enter sends, Shift+Enter breaks the line, typing tells the server that a turn is near.
export function composer(box, page) {
  const form = box.form;
  // Each thread has a draft of its own; what was typed before we came is the latest.
  const draft = () => 'pilotlight-draft' + location.pathname;
  let told = false;
  let sending = false;
  box.value ||= sessionStorage.getItem(draft()) ?? '';

  const changed = () => {
    form.toggleAttribute('data-has-text', box.value.trim().length > 0);
    box.value ? sessionStorage.setItem(draft(), box.value) : sessionStorage.removeItem(draft());
    if (!told && box.value) {
      told = true;
      page.invokeMethodAsync('TypingAsync');
    }
  };
  const send = async () => {
    const text = box.value;
    if (sending || !(text.trim() || form.hasAttribute('data-has-files'))) {
      return;
    }

    const sent = draft();
    sending = true;
    form.toggleAttribute('data-sending', true);
    try {
      if (await page.invokeMethodAsync('SendAsync', text)) {
        box.value = '';
        told = false;
        sessionStorage.removeItem(sent);
        changed();
      }
    } finally {
      sending = false;
      form.toggleAttribute('data-sending', false);
    }
  };

  box.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  box.addEventListener('input', changed);
  box.addEventListener('moved', () => {
    if (!sending) {
      told = false;
      box.value = sessionStorage.getItem(draft()) ?? '';
      changed();
    }
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    send();
  });
  changed();
  form.toggleAttribute('data-ready', true);
  if (matchMedia('(hover: hover)').matches && !document.querySelector('[data-approval]')) {
    box.focus({ preventScroll: true });
  }
}

// Another thread is shown; not so when a message that is being sent makes it.
export function moved(box) {
  box.dispatchEvent(new Event('moved'));
}

export function put(box, text) {
  box.value = text;
  box.dispatchEvent(new Event('input'));
  box.focus();
}

// Follows the end of the talk for as long as the reader is there.
export function follow(scroller) {
  let atEnd = true;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  scroller.addEventListener('scroll', () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    scroller.toggleAttribute('data-behind', !atEnd);
  }, { passive: true });
  new ResizeObserver(() => atEnd && toEnd()).observe(scroller.firstElementChild);
  scroller.addEventListener('pilotlight-to-end', () => { atEnd = true; toEnd(); });
  toEnd();
}

export function toEnd(scroller) {
  scroller?.dispatchEvent(new Event('pilotlight-to-end'));
}

document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-copy]');
  if (!button) {
    return;
  }

  const source = button.dataset.copy === 'code' ? button.closest('figure').querySelector('code') : document.getElementById(button.dataset.copy);
  try {
    const texts = [...source.querySelectorAll('.prose')].map(text => text.innerText); // Of an answer only what was said.
    await navigator.clipboard.writeText(texts.length > 0 ? texts.join('\n\n') : source.innerText);
    said(button, 'Copied');
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    said(button, 'Selected');
  }
});

function said(button, word) {
  const before = button.dataset.word ??= button.textContent;
  button.textContent = word;
  setTimeout(() => { button.textContent = before; }, 1600);
}

// Something waits for a yes or a no: the keyboard is there, unless its owner is writing.
let askedAt = 0;
export function asks(id) {
  const card = document.querySelector(`[data-approval="${id}"]`);
  if (!card) {
    return;
  }

  askedAt = performance.now();
  card.scrollIntoView({ block: 'nearest' });
  const active = document.activeElement;
  if (!active || active === document.body || !active.matches('input, textarea, select') || active.value === '') {
    card.focus({ preventScroll: true });
  }
}

// Whoever was typing when it came up has not answered it.
const settleMs = 400;
document.addEventListener('keydown', event => {
  const card = document.querySelector('[data-approval]');
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (!card || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey || performance.now() - askedAt < settleMs) {
    return;
  }

  const inside = card.contains(event.target);
  const allow = event.key === 'a' || event.key === 'A' || (event.key === 'Enter' && event.target === card);
  const deny = event.key === 'd' || event.key === 'D' || (event.key === 'Escape' && inside);
  const button = allow ? card.querySelector('[data-allow]') : deny ? card.querySelector('[data-deny]') : null;
  if (button) {
    event.preventDefault();
    event.stopImmediatePropagation();
    button.click();
  }
});

document.addEventListener('keydown', event => {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector('[data-search]');
    if (search) {
      event.preventDefault();
      document.body.classList.add('menu-open');
      search.focus();
      search.select();
    }
  } else if (event.key === 'Escape') {
    if (document.querySelector('.mud-dialog, .mud-popover-open, .menu:popover-open')) {
      return;
    }

    if (document.body.classList.contains('menu-open')) {
      document.body.classList.remove('menu-open');
    } else {
      document.querySelector('[data-stop]')?.click();
    }
  }
});

// The menu of a narrow page.
document.addEventListener('click', event => {
  if (event.target.closest?.('[data-menu]')) {
    document.body.classList.toggle('menu-open');
  } else if (event.target.closest?.('[data-menu-close], .side a')) {
    document.body.classList.remove('menu-open');
  }
});
