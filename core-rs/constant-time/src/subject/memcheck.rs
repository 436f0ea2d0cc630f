//! What a program can say to memcheck (valgrind's manual, section 4.7). To a processor it is a rotation by 128 bits in all, which does nothing.

use std::arch::asm;

const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;
const MAKE_MEM_DEFINED: usize = MEMCHECK + 2;
const COUNT_ERRORS: usize = 0x1201;
const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;

/// Marks octets as never written: memcheck then reports each branch, and each address, that depends on them.
pub fn make_undefined(octets: &[u8]) {
    request(MAKE_MEM_UNDEFINED, octets.as_ptr() as usize, octets.len());
}

pub fn make_defined(octets: &[u8]) {
    request(MAKE_MEM_DEFINED, octets.as_ptr() as usize, octets.len());
}

/// How often memcheck has reported something; 0 without valgrind.
pub fn errors() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

fn request(what: usize, first: usize, second: usize) -> usize {
    let arguments = [what, first, second, 0, 0, 0];
    let mut result = 0usize;
    // SAFETY: the registers end as they began but for rdx, which is named, and memory is read only at `arguments`.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            inout("rdx") result,
            in("rax") arguments.as_ptr(),
        );
    }
    result
}
