//! Packed bodies.

use crate::{cut, mutate, random::Random, rounds};
use bytes::Bytes;
use havengate::{
    screen::coding::{Coding, Decoder},
    verdict::Refusal,
};
use std::io::Write as _;

fn pack(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Coding::Deflate => {
            let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Coding::Brotli => {
            let mut out = Vec::new();
            let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
            brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters).unwrap();
            out
        }
        Coding::Zstd => {
            let mut out = vec![0; zstd_safe::compress_bound(bytes.len())];
            let length = zstd_safe::compress(&mut out[..], bytes, 3).unwrap();
            out.truncate(length);
            out
        }
    }
}

fn unpack(coding: Coding, pieces: &[&[u8]]) -> Result<Vec<u8>, Refusal> {
    let mut decoder = Decoder::new(&[coding], 1 << 16).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        decoder.feed(Bytes::copy_from_slice(piece));
        while let Some(piece) = decoder.next()? {
            out.extend_from_slice(&piece);
        }
    }
    decoder.finish()?;
    Ok(out)
}

#[test]
fn broken_packings() {
    let text = |random: &mut Random| {
        let words = ["support ", "bed ", "{\"a\":1}", "\0", "é"];
        (0..random.below(80)).map(|_| random.of(&words)).collect::<String>()
    };
    rounds(|random| {
        let coding = random.of(&[Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd]);
        let plain = text(random);
        let other = pack(coding, text(random).as_bytes());
        let mut packed = pack(coding, plain.as_bytes());
        assert_eq!(unpack(coding, &[&packed]).unwrap(), plain.as_bytes());
        mutate(random, &mut packed, &["\0", "\u{1f}\u{8b}", "(\u{b5}/", "aaaaaaaa"], &other);
        let whole = unpack(coding, &[&packed]);
        let pieces = cut(random, &packed);
        let cut = unpack(coding, &pieces);
        assert_eq!(whole.as_ref().ok(), cut.as_ref().ok(), "{coding:?} {packed:?}");
        assert_eq!(whole.map_err(|r| r.code).err(), cut.map_err(|r| r.code).err(), "{coding:?} {packed:?}");
    });
}
