// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes that travel in the page as letters (output/play_files.c): for the page's script, and for its worker's.

/* Printable ASCII but for what would end a text of JSON or a script: 91 letters, of which two hold 13 bits, low first;
 * the last may be alone, with at most 6. */
const packedDigits = new Uint8Array(127);
for (let code = 33, digit = 0; code < 127; code++) {
  if (!'"<\\'.includes(String.fromCharCode(code))) packedDigits[code] = digit++;
}

function bytesOfLetters(text) {
  const bytes = new Uint8Array(Math.floor(((text.length >> 1) * 13 + (text.length & 1) * 6) / 8));
  for (let i = 0, at = 0, held = 0, bits = 0; i < text.length; i += 2) {
    const isPair = i + 1 < text.length;
    held |= (packedDigits[text.charCodeAt(i)] + (isPair ? 91 * packedDigits[text.charCodeAt(i + 1)] : 0)) << bits;
    for (bits += isPair ? 13 : 6; bits >= 8; bits -= 8, held >>= 8) bytes[at++] = held & 255;
  }
  return bytes;
}
