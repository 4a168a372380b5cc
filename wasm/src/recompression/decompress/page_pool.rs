//! A fixed piece of memory for contents that come and go, in pages, so that it does not fragment.

const PAGE_BYTES: usize = 4 << 10;

/// Memory for `bytes` of content, page by page.
pub struct PagePool {
    bytes: Vec<u8>,
    free: Vec<u32>,
}

/// Where a content's pages are, and how long it is.
#[derive(Default)]
pub struct Content {
    pages: Vec<u32>,
    bytes: usize,
}

impl PagePool {
    pub fn new(bytes: usize) -> PagePool {
        let pages = bytes.div_ceil(PAGE_BYTES);
        PagePool {
            bytes: vec![0; pages * PAGE_BYTES],
            free: (0..pages as u32).collect(),
        }
    }

    /// What `bytes` of content take.
    pub fn round_up(bytes: usize) -> usize {
        bytes.next_multiple_of(PAGE_BYTES)
    }

    pub fn free_bytes(&self) -> usize {
        self.free.len() * PAGE_BYTES
    }

    /// Appends; what there is no room for is dropped.
    pub fn append(&mut self, content: &mut Content, mut new: &[u8]) {
        while !new.is_empty() {
            let used = content.bytes % PAGE_BYTES;
            if used == 0 {
                let Some(page) = self.free.pop() else {
                    return;
                };
                content.pages.push(page);
            }
            let start = content.pages[content.pages.len() - 1] as usize * PAGE_BYTES + used;
            let (now, later) = new.split_at(new.len().min(PAGE_BYTES - used));
            self.bytes[start..start + now.len()].copy_from_slice(now);
            content.bytes += now.len();
            new = later;
        }
    }

    /// Fills `out` from `offset` of the content, which has those bytes.
    pub fn copy_to(&self, content: &Content, mut offset: usize, mut out: &mut [u8]) {
        while !out.is_empty() {
            let start = content.pages[offset / PAGE_BYTES] as usize * PAGE_BYTES;
            let used = offset % PAGE_BYTES;
            let bytes = out.len().min(PAGE_BYTES - used);
            let (now, later) = out.split_at_mut(bytes);
            now.copy_from_slice(&self.bytes[start + used..start + used + bytes]);
            offset += bytes;
            out = later;
        }
    }

    pub fn release(&mut self, content: Content) {
        self.free.extend(content.pages);
    }
}
