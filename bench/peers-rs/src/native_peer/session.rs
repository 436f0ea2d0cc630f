//! The file of sessions, which bench/core/session_file.ts writes: numbers of four octets, little-endian, and octets behind their
//! number. First the count of sessions and the ticket key, then each session's fields in the order of [`Session`].

/// All sessions.
pub struct Sessions<'f> {
    pub ticket_key: &'f [u8],
    pub all: Vec<Session<'f>>,
}

/// As `Session` in bench/core/session.ts.
pub struct Session<'f> {
    pub ticket: &'f [u8],
    pub old_sk_d_offset: usize,
    pub initiator_nonce: &'f [u8],
    pub responder_nonce: &'f [u8],
    pub spis: &'f [u8],
    pub initiator_message: &'f [u8],
    pub responder_message: &'f [u8],
    pub initiator_id: &'f [u8],
    pub responder_id: &'f [u8],
    pub request: &'f [u8],
    pub auth_offset: usize,
    pub next_ticket: Plain<'f>,
    pub response: Plain<'f>,
    pub ticket_offset: usize,
    pub expected: Expected<'f>,
}

/// What is to be sealed.
#[derive(Clone, Copy)]
pub struct Plain<'f> {
    pub associated: &'f [u8],
    pub iv: &'f [u8],
    pub plaintext: &'f [u8],
}

/// What has to come of a session.
#[derive(Clone, Copy)]
pub struct Expected<'f> {
    pub ticket_state: &'f [u8],
    pub keying_material: &'f [u8],
    pub request_plaintext: &'f [u8],
    pub auth: &'f [u8],
    pub child_keys: &'f [u8],
    pub next_ticket: &'f [u8],
    pub response: &'f [u8],
}

impl<'f> Sessions<'f> {
    /// Panics where the file is none.
    pub fn read(file: &'f [u8]) -> Self {
        let mut reader = Reader(file);
        let count = reader.number();
        let ticket_key = reader.octets();
        Self { ticket_key, all: (0..count).map(|_| reader.session()).collect() }
    }
}

struct Reader<'f>(&'f [u8]);

impl<'f> Reader<'f> {
    fn number(&mut self) -> usize {
        let (number, rest) = self.0.split_first_chunk().expect("a whole file");
        self.0 = rest;
        u32::from_le_bytes(*number) as usize
    }

    fn octets(&mut self) -> &'f [u8] {
        let length = self.number();
        let (octets, rest) = self.0.split_at(length);
        self.0 = rest;
        octets
    }

    fn plain(&mut self) -> Plain<'f> {
        Plain { associated: self.octets(), iv: self.octets(), plaintext: self.octets() }
    }

    fn session(&mut self) -> Session<'f> {
        Session {
            ticket: self.octets(),
            old_sk_d_offset: self.number(),
            initiator_nonce: self.octets(),
            responder_nonce: self.octets(),
            spis: self.octets(),
            initiator_message: self.octets(),
            responder_message: self.octets(),
            initiator_id: self.octets(),
            responder_id: self.octets(),
            request: self.octets(),
            auth_offset: self.number(),
            next_ticket: self.plain(),
            response: self.plain(),
            ticket_offset: self.number(),
            expected: Expected {
                ticket_state: self.octets(),
                keying_material: self.octets(),
                request_plaintext: self.octets(),
                auth: self.octets(),
                child_keys: self.octets(),
                next_ticket: self.octets(),
                response: self.octets(),
            },
        }
    }
}
