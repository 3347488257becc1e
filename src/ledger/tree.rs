//! The hash tree of RFC 6962, section 2.1: a leaf is hashed after a byte 0, a node after a byte 1, so that
//! neither can pass for the other.
//!
//! [`Tree`] keeps the roots of the perfect subtrees that the log is made of, at most 64 of them: appending
//! and asking for the root need nothing else.

use aws_lc_rs::digest;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ data).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    hash(0, &[data])
}

/// The hash of a leaf that is given in two parts: SHA-256(0x00 ‖ first ‖ second).
#[must_use]
pub fn leaf_hash_of(first: &[u8], second: &[u8]) -> Hash {
    hash(0, &[first, second])
}

/// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash(1, &[left, right])
}

/// The root over these leaf hashes.
#[must_use]
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut tree = Tree::new();
    leaves.into_iter().for_each(|leaf| tree.push(leaf));
    tree.root()
}

fn hash(prefix: u8, parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[prefix]);
    parts.iter().for_each(|part| context.update(part));
    sized(&context.finish())
}

fn sized(digest: &digest::Digest) -> Hash {
    let mut hash = [0; 32];
    hash.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

/// A growing tree: its size and the roots of its perfect subtrees, largest (leftmost) first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash. Each trailing 1 bit of the size is a subtree that is now complete.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root: the subtrees folded from the right; of nothing, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => sized(&digest::digest(&digest::SHA256, &[])),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    /// The inputs and roots that Certificate Transparency implementations share
    /// (certificate-transparency, `cpp/merkletree/merkle_tree_test.cc`).
    const INPUTS: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    /// MTH of RFC 6962, section 2.1, as it is written there.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sized(&digest::digest(&digest::SHA256, &[])),
            [one] => *one,
            more => {
                let k = more.len().next_power_of_two() / 2;
                node_hash(&naive(&more[..k]), &naive(&more[k..]))
            }
        }
    }

    #[test]
    fn the_published_roots_come_out() {
        let mut tree = Tree::new();
        assert_eq!(HEXLOWER.encode(&tree.root()), ROOTS[0]);
        for (input, root) in INPUTS.iter().zip(&ROOTS[1..]) {
            tree.push(leaf_hash(&HEXLOWER.decode(input.as_bytes()).unwrap()));
            assert_eq!(HEXLOWER.encode(&tree.root()), *root, "{}", tree.size());
        }
    }

    #[test]
    fn a_leaf_in_two_parts_is_the_leaf() {
        assert_eq!(leaf_hash_of(b"sa", b"lt"), leaf_hash(b"salt"));
        assert_ne!(leaf_hash(&[&[1u8][..], &[0; 64]].concat()), node_hash(&[0; 32], &[0; 32]));
    }

    proptest! {
        #[test]
        fn growing_agrees_with_the_definition(leaves in prop::collection::vec(any::<Hash>(), 0..200)) {
            let mut tree = Tree::new();
            for (n, leaf) in leaves.iter().enumerate() {
                prop_assert_eq!(tree.root(), naive(&leaves[..n]));
                tree.push(*leaf);
            }
            prop_assert_eq!(tree.root(), naive(&leaves));
            prop_assert_eq!(root(leaves), tree.root());
        }
    }
}
