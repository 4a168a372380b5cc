//! bzip2, which takes 4 MB at most.

use ::bzip2::{Decompress, Status};

use super::{Failure, Step, Unpack};

pub struct Bzip2 {
    /// None between two streams.
    stream: Option<Decompress>,
}

impl Bzip2 {
    pub fn new() -> Bzip2 {
        Bzip2 { stream: None }
    }
}

impl Unpack for Bzip2 {
    fn step(&mut self, input: &[u8], output: &mut [u8], is_last: bool) -> Result<Step, Failure> {
        if self.stream.is_none() && input.is_empty() {
            return Ok(Step {
                read: 0,
                written: 0,
            });
        }
        let stream = self.stream.get_or_insert_with(|| Decompress::new(false));
        let (read, written) = (stream.total_in(), stream.total_out());
        let status = stream.decompress(input, output);
        let step = Step {
            read: (stream.total_in() - read) as usize,
            written: (stream.total_out() - written) as usize,
        };
        match status {
            Ok(Status::StreamEnd) => self.stream = None,
            // It breaks off in the middle of a stream.
            Ok(_) if is_last && step.read == 0 && step.written == 0 => {
                return Err(Failure::Damaged);
            }
            Ok(_) => {}
            Err(_) => return Err(Failure::Damaged),
        }
        Ok(step)
    }
}
