//! Prefix codes from frequencies. Many codes are optimal; this builds the very one that zlib's
//! family builds, which depends on how its heap breaks ties and how it shortens codes that are too
//! long.

/// The longest code (RFC 1951, 3.2.7).
pub const MAX_BITS: usize = 15;

/// The largest alphabet: literals, lengths, and two symbols that are never used but have places in
/// the fixed code.
pub const SYMBOLS: usize = 288;
/// Leaves and inner nodes of a tree.
const NODES: usize = 2 * SYMBOLS + 1;

/// One alphabet's code for one block.
pub struct PrefixCode {
    pub lengths: [u8; SYMBOLS],
    /// First bit lowest, as they are written.
    pub bits: [u16; SYMBOLS],
    /// One more than the last symbol that has a code.
    pub used: usize,
}

impl PrefixCode {
    /// At least two symbols get a code, as old decoders require.
    pub fn build(frequencies: &[u16], max_bits: usize) -> PrefixCode {
        let tree = Tree::grow(frequencies);
        let (lengths, counts) = tree.measure(frequencies.len(), max_bits);
        PrefixCode {
            bits: assign_bits(&lengths, counts),
            lengths,
            used: tree.used,
        }
    }

    /// A code that is given by its lengths.
    pub fn from_lengths(lengths: [u8; SYMBOLS]) -> PrefixCode {
        let mut counts = [0; MAX_BITS + 1];
        lengths
            .iter()
            .for_each(|length| counts[usize::from(*length)] += 1);
        PrefixCode {
            bits: assign_bits(&lengths, counts),
            lengths,
            used: SYMBOLS,
        }
    }

    /// The bits that symbols of these frequencies take, with the extra bits that follow each.
    pub fn cost(&self, frequencies: &[u16], extra_bits: impl Fn(usize) -> u32) -> u32 {
        let each = frequencies.iter().zip(&self.lengths).enumerate();
        each.map(|(symbol, (count, length))| {
            u32::from(*count) * (u32::from(*length) + extra_bits(symbol))
        })
        .sum()
    }
}

/// Codes of one length are consecutive, in the order of their symbols (RFC 1951, 3.2.2).
fn assign_bits(lengths: &[u8; SYMBOLS], mut counts: [u16; MAX_BITS + 1]) -> [u16; SYMBOLS] {
    counts[0] = 0;
    let mut next = [0u16; MAX_BITS + 1];
    for length in 1..=MAX_BITS {
        next[length] = next[length - 1].wrapping_add(counts[length - 1]) << 1;
    }
    let mut bits = [0; SYMBOLS];
    for (bits, length) in bits.iter_mut().zip(lengths) {
        if *length > 0 {
            let code = &mut next[usize::from(*length)];
            *bits = code.reverse_bits() >> (16 - *length);
            *code = code.wrapping_add(1);
        }
    }
    bits
}

struct Tree {
    parents: [u16; NODES],
    /// All nodes, the root first, each rarer one after those more frequent.
    order: Vec<u16>,
    used: usize,
}

impl Tree {
    /// Joins the two rarest nodes until one is left.
    fn grow(frequencies: &[u16]) -> Tree {
        let mut heap = Heap::new(frequencies);
        let mut used = frequencies
            .iter()
            .rposition(|count| *count > 0)
            .map_or(0, |last| last + 1);
        while heap.nodes.len() < 2 {
            let symbol = if used < 3 { used } else { 0 };
            used = used.max(symbol + 1);
            heap.counts[symbol] = 1;
            heap.nodes.push(symbol as u16);
        }
        heap.arrange();
        let (mut parents, mut order) = ([0; NODES], Vec::with_capacity(NODES));
        for parent in frequencies.len().. {
            let first = heap.take_rarest();
            let second = heap.nodes[0];
            order.extend([first, second]);
            for child in [first, second] {
                parents[usize::from(child)] = parent as u16;
            }
            heap.replace_rarest(first, second, parent);
            if heap.nodes.len() < 2 {
                break;
            }
        }
        order.push(heap.nodes[0]);
        order.reverse();
        Tree {
            parents,
            order,
            used,
        }
    }

    /// The length of each symbol's code, and how many codes have each length.
    fn measure(&self, symbols: usize, max_bits: usize) -> ([u8; SYMBOLS], [u16; MAX_BITS + 1]) {
        let mut depths = [0u8; NODES];
        let mut counts = [0u16; MAX_BITS + 1];
        let mut too_deep = 0;
        for node in self.order[1..].iter().map(|node| usize::from(*node)) {
            let mut depth = usize::from(depths[usize::from(self.parents[node])]) + 1;
            if depth > max_bits {
                depth = max_bits;
                too_deep += 1;
            }
            depths[node] = depth as u8;
            if node < symbols {
                counts[depth] += 1;
            }
        }
        let mut lengths = [0; SYMBOLS];
        lengths[..symbols].copy_from_slice(&depths[..symbols]);
        if too_deep > 0 {
            make_room(&mut counts, too_deep, max_bits);
            self.assign_lengths(&mut lengths, symbols, &counts);
        }
        (lengths, counts)
    }

    /// The rarest symbols get the longest codes.
    fn assign_lengths(&self, lengths: &mut [u8; SYMBOLS], symbols: usize, counts: &[u16]) {
        let mut rarest = self
            .order
            .iter()
            .rev()
            .map(|node| usize::from(*node))
            .filter(|node| *node < symbols);
        for (length, count) in counts.iter().enumerate().skip(1).rev() {
            for symbol in rarest.by_ref().take(usize::from(*count)) {
                lengths[symbol] = length as u8;
            }
        }
    }
}

/// Nodes that were too deep were cut to `max_bits`, where not all of them fit. Two at a time fit
/// under a leaf further up, which moves down by one.
fn make_room(counts: &mut [u16; MAX_BITS + 1], mut too_deep: i32, max_bits: usize) {
    while too_deep > 0 {
        let mut length = max_bits - 1;
        while counts[length] == 0 {
            length -= 1;
        }
        counts[length] -= 1;
        counts[length + 1] += 2;
        counts[max_bits] -= 1;
        too_deep -= 2;
    }
}

/// A binary heap with the rarest node in front, and of equally frequent ones the less deep.
struct Heap {
    nodes: Vec<u16>,
    counts: [u16; NODES],
    depths: [u8; NODES],
}

impl Heap {
    fn new(frequencies: &[u16]) -> Heap {
        let mut counts = [0; NODES];
        counts[..frequencies.len()].copy_from_slice(frequencies);
        let mut nodes = Vec::with_capacity(SYMBOLS);
        nodes.extend(
            (0..frequencies.len() as u16).filter(|symbol| counts[usize::from(*symbol)] > 0),
        );
        Heap {
            nodes,
            counts,
            depths: [0; NODES],
        }
    }

    fn arrange(&mut self) {
        for index in (0..self.nodes.len() / 2).rev() {
            self.sink(index);
        }
    }

    fn is_rarer(&self, node: u16, than: u16) -> bool {
        let key = |node: u16| {
            (
                self.counts[usize::from(node)],
                self.depths[usize::from(node)],
            )
        };
        key(node) <= key(than)
    }

    /// Moves a node down until neither node below it is rarer.
    fn sink(&mut self, mut index: usize) {
        let node = self.nodes[index];
        loop {
            let mut below = 2 * index + 1;
            if below >= self.nodes.len() {
                break;
            }
            if below + 1 < self.nodes.len()
                && self.is_rarer(self.nodes[below + 1], self.nodes[below])
            {
                below += 1;
            }
            if self.is_rarer(node, self.nodes[below]) {
                break;
            }
            self.nodes[index] = self.nodes[below];
            index = below;
        }
        self.nodes[index] = node;
    }

    fn take_rarest(&mut self) -> u16 {
        let rarest = self.nodes.swap_remove(0);
        self.sink(0);
        rarest
    }

    /// The parent of `first` and `second` takes the place of the second, which is in front.
    fn replace_rarest(&mut self, first: u16, second: u16, parent: usize) {
        let [first, second] = [first, second].map(usize::from);
        self.counts[parent] = self.counts[first].wrapping_add(self.counts[second]);
        self.depths[parent] = self.depths[first].max(self.depths[second]) + 1;
        self.nodes[0] = parent as u16;
        self.sink(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Kraft's sum is one: no bit is wasted, and no code is the beginning of another.
        #[test]
        fn codes_are_complete_and_short_enough(
            frequencies in
                prop::collection::vec(prop_oneof![Just(0u16), 1u16..4, 1u16..100], 3..286),
            max_bits in prop_oneof![Just(15usize), Just(9)],
        ) {
            let code = PrefixCode::build(&frequencies, max_bits);
            let lengths = code.lengths.iter().filter(|length| **length > 0);
            let kraft = lengths.clone().map(|length| 1u32 << (15 - length)).sum::<u32>();
            prop_assert_eq!(kraft, 1 << 15);
            prop_assert!(lengths.clone().all(|length| usize::from(*length) <= max_bits));
        }
    }

    #[test]
    fn one_symbol_gets_a_companion() {
        let code = PrefixCode::build(&[0, 0, 0, 7], 15);
        assert_eq!((code.lengths[0], code.lengths[3], code.used), (1, 1, 4));
    }
}
