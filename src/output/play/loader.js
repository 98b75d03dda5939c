// SPDX-License-Identifier: GPL-3.0-or-later
// Unpacks the page's scripts and puts them into it, one after the other; the page's policy names their digests.
(async () => {
  for (const id of ['library', 'script']) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const script = document.createElement('script');
    script.textContent = await new Response(stream).text();
    document.body.append(script);
  }
})();
