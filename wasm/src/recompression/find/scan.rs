//! Scans a file for members, as its format requires.

use super::place::Visit;
use super::{gzip, png, zip};

pub fn is_archive(file: &[u8]) -> bool {
    gzip::is_gzip(file) || zip::is_zip(file) || png::is_png(file)
}

pub fn scan(file: &[u8], visit: Visit) {
    if gzip::is_gzip(file) {
        gzip::scan(file, visit);
    } else if zip::is_zip(file) {
        zip::scan(file, visit);
    } else if png::is_png(file) {
        png::scan(file, visit);
    }
}
