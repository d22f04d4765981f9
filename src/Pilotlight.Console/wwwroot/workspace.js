// Files into a thread's workspace: picked, or dropped on the dialog.
export function workspace(root, page) {
  const picker = root.querySelector('input[type=file]');
  const put = async files => {
    for (const file of files) {
      await page.invokeMethodAsync('PutAsync', file.name, DotNet.createJSStreamReference(file));
    }
  };

  root.addEventListener('click', event => event.target.closest('[data-upload]') && picker.click());
  picker.addEventListener('change', async () => {
    await put([...picker.files]);
    picker.value = '';
  });
  root.addEventListener('dragover', event => {
    event.preventDefault();
    root.toggleAttribute('data-dropping', true);
  });
  root.addEventListener('dragleave', event => {
    if (!root.contains(event.relatedTarget)) {
      root.toggleAttribute('data-dropping', false);
    }
  });
  root.addEventListener('drop', event => {
    event.preventDefault();
    root.toggleAttribute('data-dropping', false);
    put([...event.dataTransfer?.files ?? []]);
  });
  root.toggleAttribute('data-ready', true);
}
