//! The compressors whose output is reproduced, as data: one algorithm (Gailly and Adler, 1992) in
//! the variants of four programs, and its nine levels. A recipe is a variant and a level.

/// What a level spends on the search for matches: a row of zlib's configuration table.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// When the previous match is at least this long, only a quarter of the chain is searched.
    pub good_length: usize,
    /// Lazy levels: no search after a match of at least this length. Greedy ones: the strings
    /// inside a longer match are not inserted into the hash table.
    pub max_lazy: usize,
    /// A match of at least this length ends the search.
    pub nice_length: usize,
    /// The most links of a hash chain that are followed.
    pub max_chain: usize,
}

const fn config(
    good_length: usize,
    max_lazy: usize,
    nice_length: usize,
    max_chain: usize,
) -> Config {
    Config {
        good_length,
        max_lazy,
        nice_length,
        max_chain,
    }
}

/// Levels 1 to 9, the same in all programs.
const LEVELS: [Config; 9] = [
    config(4, 4, 8, 4),
    config(4, 5, 16, 8),
    config(4, 6, 32, 32),
    config(4, 4, 16, 16),
    config(8, 16, 32, 32),
    config(8, 16, 128, 128),
    config(8, 32, 128, 256),
    config(32, 128, 258, 1024),
    config(32, 258, 258, 4096),
];

/// Levels up to this one take the first match they see; higher ones check whether the next position
/// has a longer one.
const LAST_GREEDY_LEVEL: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// zlib's `deflateInit2` with memLevel 8, as `deflateInit` has it.
    Zlib,
    /// The same with memLevel 9.
    ZlibLarge,
    /// memLevel 8 and `Z_FILTERED`, as libpng uses it.
    ZlibFiltered,
    ZlibLargeFiltered,
    /// GNU gzip.
    Gzip,
    /// Info-ZIP's zip.
    InfoZip,
}

/// In what variants differ.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    pub hash_bits: u32,
    /// Literals and matches that fill a block.
    pub block_symbols: usize,
    /// Drops matches of up to 5 bytes.
    pub filtered: bool,
    /// Ends a block early where the data compress well.
    pub ends_blocks_early: bool,
    /// Knows while searching where the input ends. GNU gzip does not: it may prefer a match that
    /// continues past the end, and stops sliding its window there.
    pub sees_input_end: bool,
}

impl Variant {
    pub const ALL: [Variant; 6] = [
        Variant::Zlib,
        Variant::ZlibLarge,
        Variant::ZlibFiltered,
        Variant::ZlibLargeFiltered,
        Variant::Gzip,
        Variant::InfoZip,
    ];

    pub fn traits(self) -> Traits {
        let zlib = Traits {
            hash_bits: 15,
            block_symbols: (16 << 10) - 1,
            filtered: false,
            ends_blocks_early: false,
            sees_input_end: true,
        };
        let large = Traits {
            hash_bits: 16,
            block_symbols: (32 << 10) - 1,
            ..zlib
        };
        let zip = Traits {
            hash_bits: 15,
            ends_blocks_early: true,
            ..large
        };
        match self {
            Variant::Zlib => zlib,
            Variant::ZlibLarge => large,
            Variant::ZlibFiltered => Traits {
                filtered: true,
                ..zlib
            },
            Variant::ZlibLargeFiltered => Traits {
                filtered: true,
                ..large
            },
            Variant::Gzip => Traits {
                sees_input_end: false,
                ..zip
            },
            Variant::InfoZip => zip,
        }
    }
}

/// A compressor that turns the same input into the same bytes on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    variant: Variant,
    level: u8,
}

impl Recipe {
    /// `level` is 1 to 9.
    pub fn new(variant: Variant, level: u8) -> Option<Recipe> {
        (1..=9)
            .contains(&level)
            .then_some(Recipe { variant, level })
    }

    /// Every recipe, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Recipe> {
        Variant::ALL
            .into_iter()
            .flat_map(|variant| (1..=9).map(move |level| Recipe { variant, level }))
    }

    /// As it is written in a delta.
    pub fn number(self) -> u64 {
        9 * self.variant as u64 + u64::from(self.level) - 1
    }

    pub fn from_number(number: u64) -> Option<Recipe> {
        let variant = *Variant::ALL.get(usize::try_from(number / 9).ok()?)?;
        Recipe::new(variant, (number % 9) as u8 + 1)
    }

    pub fn variant(self) -> Variant {
        self.variant
    }

    pub fn level(self) -> u8 {
        self.level
    }

    pub fn config(self) -> Config {
        LEVELS[usize::from(self.level) - 1]
    }

    pub fn is_greedy(self) -> bool {
        self.level <= LAST_GREEDY_LEVEL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_comes_back_from_its_number() {
        for (number, recipe) in Recipe::all().enumerate() {
            assert_eq!(recipe.number(), number as u64);
            assert_eq!(Recipe::from_number(number as u64), Some(recipe));
        }
        assert_eq!(Recipe::from_number(54), None);
        assert_eq!(Recipe::from_number(u64::MAX), None);
    }
}
