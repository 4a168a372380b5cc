//! Finds the recipe that makes a compressed stream again: tries one after another, the likeliest
//! first, each until its output differs.

use super::place::Place;
use crate::limits::MAX_COMPARISONS;
use crate::recompression::deflate::{Deflater, Recipe, Variant};
use crate::recompression::wrapper::Wrapper;

/// Plain bytes given to a compressor between two comparisons.
const STEP_BYTES: usize = 64 << 10;

/// What may be compressed in vain: so much, and more for each byte of the target. After that, only
/// the likeliest recipes are tried.
const WASTED_BYTES: usize = 32 << 20;
const WASTED_SHARE: usize = 2;
const LIKELIEST: usize = 2;

/// The levels that most programs use come first.
const LEVELS: [u8; 9] = [6, 9, 1, 8, 7, 5, 4, 3, 2];

pub struct RecipeSearch {
    /// All of them, the ones that were right last in front.
    recipes: Vec<Recipe>,
    waste_left: usize,
}

impl RecipeSearch {
    pub fn new(target_bytes: usize) -> RecipeSearch {
        let of_level = |level| {
            Variant::ALL
                .into_iter()
                .filter_map(move |variant| Recipe::new(variant, level))
        };
        RecipeSearch {
            recipes: LEVELS.into_iter().flat_map(of_level).collect(),
            waste_left: WASTED_BYTES.saturating_add(WASTED_SHARE * target_bytes),
        }
    }

    /// The recipe that makes `compressed` from `plain`.
    pub fn find(&mut self, compressed: &[u8], plain: &[u8], place: &Place) -> Option<Recipe> {
        let candidates = self.list_candidates(place);
        let found = candidates
            .into_iter()
            .enumerate()
            .find_map(|(index, recipe)| {
                let worth_it = self.waste_left > 0 || index < LIKELIEST;
                (worth_it && self.is_right(recipe, compressed, plain)).then_some(recipe)
            })?;
        self.recipes.retain(|recipe| *recipe != found);
        self.recipes.insert(0, found);
        Some(found)
    }

    fn list_candidates(&self, place: &Place) -> Vec<Recipe> {
        let is_level = |recipe: &Recipe| place.levels.contains(&recipe.level());
        let mut candidates = self.recipes.clone();
        candidates.retain(|recipe| {
            is_used_for(*recipe, place.wrapper)
                && (place.wrapper != Wrapper::Png || is_level(recipe))
        });
        candidates.sort_by_key(|recipe| !is_level(recipe));
        candidates
    }

    fn is_right(&mut self, recipe: Recipe, compressed: &[u8], plain: &[u8]) -> bool {
        let tried = try_recipe(recipe, compressed, plain);
        self.waste_left = self.waste_left.saturating_sub(tried.err().unwrap_or(0));
        tried.is_ok()
    }
}

/// Whether a recipe is used for such files at all. Filtering is for numbers, and does nothing at
/// greedy levels.
fn is_used_for(recipe: Recipe, wrapper: Wrapper) -> bool {
    match recipe.variant() {
        Variant::Zlib | Variant::ZlibLarge => true,
        Variant::ZlibFiltered | Variant::ZlibLargeFiltered => {
            wrapper == Wrapper::Png && !recipe.is_greedy()
        }
        Variant::Gzip => wrapper == Wrapper::Gzip,
        Variant::InfoZip => wrapper == Wrapper::Raw,
    }
}

/// Fails with how much was compressed in vain.
fn try_recipe(recipe: Recipe, compressed: &[u8], plain: &[u8]) -> Result<(), usize> {
    let mut deflater = Deflater::new(recipe);
    let (mut output, mut rest, mut tried) = (Vec::new(), compressed, 0);
    for step in plain.chunks(STEP_BYTES) {
        deflater.push(step, &mut output);
        tried += step.len();
        rest = rest.strip_prefix(&output[..]).ok_or(tried)?;
        output.clear();
    }
    let comparisons = deflater.finish(&mut output);
    let quick = comparisons <= MAX_COMPARISONS * plain.len() as u64;
    if output == rest && quick {
        Ok(())
    } else {
        Err(tried)
    }
}
