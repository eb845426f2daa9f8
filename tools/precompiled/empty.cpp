// Precompiled.
