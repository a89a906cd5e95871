// What is left of a class: prints each key of the registry's classes that has one of the words in its name
// or in its text, and each of the words that is a file.
//
//   traces WORD..
//
// It looks at the classes of the machine and at those of this user.
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <wchar.h>

enum { LONGEST = 1024 };

static const wchar_t CLASSES[] = L"Software\\Classes";

static const char *utf8(const wchar_t *text)
{
    static char bytes[4 * LONGEST];
    return WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL) ? bytes : "?";
}

static BOOL has_word(const wchar_t *text, int count, wchar_t **words)
{
    for (int i = 0; i < count; i++)
        for (const wchar_t *at = text; *at; at++)
            if (!_wcsnicmp(at, words[i], wcslen(words[i]))) return TRUE;
    return FALSE;
}

// Prints the keys below `key` that have one of the words in their names or in their texts.
static void search(HKEY key, const wchar_t *path, int count, wchar_t **words)
{
    wchar_t name[256], below[LONGEST];
    HKEY found;
    for (DWORD i = 0, size = 256; !RegEnumKeyExW(key, i, name, &size, NULL, NULL, NULL, NULL); i++, size = 256) {
        swprintf(below, LONGEST, L"%ls\\%ls", path, name);
        if (has_word(name, count, words)) puts(utf8(below));
        if (RegOpenKeyExW(key, name, 0, KEY_READ, &found)) continue;
        wchar_t text[LONGEST] = L"";
        DWORD length = sizeof text;
        if (!RegGetValueW(found, NULL, NULL, RRF_RT_REG_SZ, NULL, text, &length) && has_word(text, count, words))
            printf("%s = ", utf8(below)), puts(utf8(text));
        search(found, below, count, words);
        RegCloseKey(found);
    }
}

int wmain(int argc, wchar_t **argv)
{
    int count = argc - 1;
    wchar_t **words = argv + 1;
    // Whoever started this reads a pipe, and wants no carriage returns.
    _setmode(_fileno(stdout), _O_BINARY);
    HKEY roots[] = {HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER}, classes;
    for (int i = 0; i < 2; i++) {
        if (RegOpenKeyExW(roots[i], CLASSES, 0, KEY_READ, &classes)) continue;
        search(classes, i ? L"HKCU" : L"HKLM", count, words);
        RegCloseKey(classes);
    }
    for (int i = 0; i < count; i++)
        if (GetFileAttributesW(words[i]) != INVALID_FILE_ATTRIBUTES) puts(utf8(words[i]));
    return 0;
}
