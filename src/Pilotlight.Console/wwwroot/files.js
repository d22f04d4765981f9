// Files for the next message: picked, pasted anywhere in the composer, or dropped anywhere on the chat.
export function attaching(root, page, largest) {
  const form = root.closest('form');
  const chat = form.closest('.chat');
  const picker = root.querySelector('input[type=file]');
  const take = async files => {
    for (const file of files) {
      if (file.size > largest) {
        await page.invokeMethodAsync('TooLarge', file.name);
        continue;
      }

      const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null;
      await page.invokeMethodAsync('AddAsync', file.name, file.type, preview, DotNet.createJSStreamReference(file));
    }
  };
  const has = event => [...event.dataTransfer?.types ?? []].includes('Files');

  form.addEventListener('click', event => event.target.closest('[data-attach]') && picker.click());
  picker.addEventListener('change', async () => {
    await take([...picker.files]);
    picker.value = '';
  });
  form.addEventListener('paste', event => {
    const files = [...event.clipboardData?.files ?? []];
    if (files.length > 0) {
      event.preventDefault();
      take(files);
    }
  });
  chat.addEventListener('dragover', event => {
    if (has(event)) {
      event.preventDefault();
      chat.toggleAttribute('data-dropping', true);
    }
  });
  chat.addEventListener('dragleave', event => {
    if (!chat.contains(event.relatedTarget)) {
      chat.toggleAttribute('data-dropping', false);
    }
  });
  chat.addEventListener('drop', event => {
    chat.toggleAttribute('data-dropping', false);
    if (has(event)) {
      event.preventDefault();
      take([...event.dataTransfer.files]);
    }
  });
}
