const kLongestQrText = 412;  // bytes

// The QR code (ISO/IEC 18004) of a text that is no longer: rows of true for dark. Byte mode, error
// correction M, the smallest of versions 1 to 15 and the best of the eight masks.
const qrCode = (() => {
  // By version, from 1: check bytes of a block, and blocks.
  const kCheckBytes = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24];
  const kBlocks = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10];
  const kCorrectionM = 0;

  // GF(256) by 0x11D.
  const multiply = (x, y) => {
    let product = 0;
    for (let bit = 7; bit >= 0; --bit) {
      product = (product << 1) ^ ((product >> 7) * 0x11D);
      product ^= ((y >> bit) & 1) * x;
    }
    return product;
  };

  // The remainder of a Reed-Solomon division by (x - 1)(x - 2)(x - 4)…
  const checkBytes = (data, degree) => {
    const divisor = Array(degree).fill(0);
    divisor[degree - 1] = 1;
    for (let i = 0, root = 1; i < degree; ++i, root = multiply(root, 2)) {
      divisor.forEach((factor, j) => { divisor[j] = multiply(factor, root) ^ (divisor[j + 1] ?? 0); });
    }
    const rest = Array(degree).fill(0);
    for (const byte of data) {
      const lead = byte ^ rest.shift();
      rest.push(0);
      divisor.forEach((factor, j) => { rest[j] ^= multiply(factor, lead); });
    }
    return rest;
  };

  // How many codewords a version has in all, its function patterns taken off.
  const codewords = (version) => {
    let modules = (16 * version + 128) * version + 64;
    if (version >= 2) {
      const alignments = Math.floor(version / 7) + 2;
      modules -= (25 * alignments - 10) * alignments - 55;
    }
    if (version >= 7) modules -= 36;
    return Math.floor(modules / 8);
  };

  const dataBytes = (version) => codewords(version) - kCheckBytes[version - 1] * kBlocks[version - 1];

  // The codewords of all blocks, interleaved.
  const interleaved = (data, version) => {
    const count = kBlocks[version - 1];
    const short = Math.floor(data.length / count);
    const longFrom = count - data.length % count;
    const blocks = [];
    for (let i = 0, at = 0; i < count; ++i) {
      const block = data.slice(at, at += short + (i >= longFrom));
      blocks.push({block, check: checkBytes(block, kCheckBytes[version - 1])});
    }
    const result = [];
    for (let i = 0; i <= short; ++i) for (const {block} of blocks) if (i < block.length) result.push(block[i]);
    for (let i = 0; i < blocks[0].check.length; ++i) for (const {check} of blocks) result.push(check[i]);
    return result;
  };

  // A number with the check bits of its BCH code behind it.
  const withCheck = (value, bits, generator) => {
    let rest = value;
    for (let i = 0; i < bits; ++i) rest = (rest << 1) ^ ((rest >> (bits - 1)) * generator);
    return (value << bits) | rest;
  };

  const kMasks = [
    (x, y) => (x + y) % 2 === 0,
    (x, y) => y % 2 === 0,
    (x) => x % 3 === 0,
    (x, y) => (x + y) % 3 === 0,
    (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
    (x, y) => x * y % 2 + x * y % 3 === 0,
    (x, y) => (x * y % 2 + x * y % 3) % 2 === 0,
    (x, y) => ((x + y) % 2 + x * y % 3) % 2 === 0,
  ];

  const alignmentCentres = (version, size) => {
    if (version === 1) return [];
    const count = Math.floor(version / 7) + 2;
    const step = Math.ceil((size - 13) / (2 * count - 2)) * 2;
    return [6, ...Array.from({length: count - 1}, (_, i) => size - 7 - (count - 2 - i) * step)];
  };

  // The symbol with one of the masks.
  const draw = (version, bytes, mask) => {
    const size = 4 * version + 17;
    const rows = Array.from({length: size}, () => Array(size).fill(null));  // null: for data
    const set = (x, y, dark) => { if (rows[y]?.[x] !== undefined) rows[y][x] = Boolean(dark); };
    const square = (cx, cy, reach, isDark) => {
      for (let dy = -reach; dy <= reach; ++dy) {
        for (let dx = -reach; dx <= reach; ++dx) set(cx + dx, cy + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    };

    for (let i = 0; i < size; ++i) {
      set(6, i, i % 2 === 0);
      set(i, 6, i % 2 === 0);
    }
    const last = size - 4;
    for (const [x, y] of [[3, 3], [last, 3], [3, last]]) square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
    const centres = alignmentCentres(version, size);
    for (const x of centres) {
      for (const y of centres) {
        const finder = (x === 6 && (y === 6 || y === size - 7)) || (y === 6 && x === size - 7);
        if (!finder) square(x, y, 2, (ring) => ring !== 1);
      }
    }

    const format = withCheck((kCorrectionM << 3) | mask, 10, 0x537) ^ 0x5412;
    for (let i = 0; i < 15; ++i) {
      const bit = (format >> i) & 1;
      // Around the corner top left, and in halves beside the two other corners; row and column 6 are the timing's.
      if (i < 8) {
        set(8, i < 6 ? i : i + 1, bit);
        set(size - 1 - i, 8, bit);
      } else {
        set(i === 8 ? 7 : 14 - i, 8, bit);
        set(8, size - 15 + i, bit);
      }
    }
    set(8, size - 8, true);
    if (version >= 7) {
      const bits = withCheck(version, 12, 0x1F25);
      for (let i = 0; i < 18; ++i) {
        const far = size - 11 + i % 3;
        const near = Math.floor(i / 3);
        set(far, near, (bits >> i) & 1);
        set(near, far, (bits >> i) & 1);
      }
    }

    // Data runs in columns of two from the right, up and down by turns; what is left over stays light.
    let at = 0;
    for (let right = size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const upwards = ((right + 1) & 2) === 0;
      for (let step = 0; step < size; ++step) {
        const y = upwards ? size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (rows[y][x] !== null) continue;
          const bit = (bytes[at >> 3] >> (7 - at % 8)) & 1;
          rows[y][x] = Boolean(bit) !== kMasks[mask](x, y);
          ++at;
        }
      }
    }
    return rows;
  };

  // How hard a symbol is to read (ISO/IEC 18004, 7.8.3).
  const penalty = (rows) => {
    const size = rows.length;
    const columns = rows.map((_, x) => rows.map((row) => row[x]));
    let points = 0;
    for (const line of [...rows, ...columns]) {
      const text = line.map(Number).join('');
      for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) points += run.length - 2;
      for (let at = 0; at + 11 <= size; ++at) {
        if (['10111010000', '00001011101'].includes(text.slice(at, at + 11))) points += 40;
      }
    }
    for (let y = 0; y + 1 < size; ++y) {
      for (let x = 0; x + 1 < size; ++x) {
        const dark = rows[y][x];
        if (dark === rows[y][x + 1] && dark === rows[y + 1][x] && dark === rows[y + 1][x + 1]) points += 3;
      }
    }
    const share = rows.flat().filter(Boolean).length / size ** 2;
    return points + 10 * Math.floor(Math.abs(share - 0.5) * 20);
  };

  return (text) => {
    const content = [...new TextEncoder().encode(text)];
    const lengthBits = (version) => (version < 10 ? 8 : 16);
    let version = 1;
    while (4 + lengthBits(version) + 8 * content.length > 8 * dataBytes(version)) ++version;

    let bits = '0100' + content.length.toString(2).padStart(lengthBits(version), '0');
    for (const byte of content) bits += byte.toString(2).padStart(8, '0');
    const capacity = dataBytes(version);
    bits += '0'.repeat(Math.min(4, 8 * capacity - bits.length));
    const data = bits.match(/.{1,8}/g).map((byte) => parseInt(byte.padEnd(8, '0'), 2));
    for (let pad = 0xEC; data.length < capacity; pad ^= 0xEC ^ 0x11) data.push(pad);

    const bytes = interleaved(data, version);
    const symbols = kMasks.map((_, mask) => draw(version, bytes, mask));
    const points = symbols.map(penalty);
    return symbols[points.indexOf(Math.min(...points))];
  };
})();
