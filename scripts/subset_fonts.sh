#!/bin/sh
# Makes the fonts of the PDFs anew: NOTO and DROID are folders with the whole fonts (of Debian: fonts-noto-core and
# fonts-droid-fallback), `pyftsubset` is fontTools'. What is cut away are scripts that Anya does not speak.
set -eu
noto=$1 droid=$2 out=$(dirname "$0")/../ultracore/documents/fonts
latin=U+0020-007E,U+00A0-017F,U+0192,U+01A0-01A1,U+01AF-01B0,U+0218-021B,U+0259,U+0300-0304,U+0306-030C,U+031B
latin=$latin,U+0323,U+0326-0328,U+02BB-02BC,U+02C6-02C7,U+02D8-02DD,U+0384-0386,U+0388-038A,U+038C,U+038E-03A1
latin=$latin,U+03A3-03CE,U+0400-045F,U+0490-0491,U+1E80-1E85,U+1EA0-1EF9,U+2000-206F,U+2070,U+2074-208E
latin=$latin,U+20A0-20BF,U+2113,U+2116,U+2122,U+2126,U+2153-2154,U+215B-215E,U+2190-2199,U+2212,U+2215,U+2260
latin=$latin,U+2264-2265,U+25CC,U+FB00-FB04,U+FFFD
for weight in Regular Bold; do
	pyftsubset "$noto/NotoSans-$weight.ttf" --unicodes=$latin --no-hinting \
		--layout-features=kern,liga,mark,mkmk,ccmp,locl,tnum,lnum --output-file="$out/NotoSans-$weight.ttf"
done
pyftsubset "$noto/NotoNaskhArabic-Regular.ttf" --no-hinting --layout-features='*' \
	--unicodes=U+0020,U+00A0,U+0600-06FF,U+200C-200F,U+25CC,U+FD3E-FD3F,U+FDF2,U+FDFC \
	--output-file="$out/NotoNaskhArabic-Regular.ttf"
pyftsubset "$noto/NotoSansDevanagari-Regular.ttf" --no-hinting --layout-features='*' \
	--unicodes=U+0020,U+00A0,U+0900-097F,U+200C-200D,U+20B9,U+25CC --output-file="$out/NotoSansDevanagari-Regular.ttf"
# The 3,755 usual characters of simplified Chinese (level 1 of GB 2312), its marks, and kana.
chinese=$(python3 - <<-'END'
	cells = [bytes([row, cell]) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
	print(",".join(f"U+{ord(cell.decode('gb2312', 'replace')[0]):04X}" for cell in cells))
END
)
pyftsubset "$droid/DroidSansFallbackFull.ttf" --no-hinting --layout-features= \
	--unicodes="$chinese,U+3000-303F,U+3041-30FF,U+FF01-FF5E" --output-file="$out/DroidSansFallback-Subset.ttf"
